import { describe, expect, it } from 'vitest';
import { cronFault } from '../../src/config/cron.ts';

describe('a cron expression', () => {
  it.each([
    '* * * * * *',
    '*/30 * * * * *',
    '*/60 * * * * *',
    '*/5 * * * *',
    '0 9 * * mon-fri',
    '0 0 L * *',
    '0 0 * * 1#2',
    '0-29/10,45 0,12 1 jan,jul *',
    '0 0 * * 7',
    ' */30  * * * * * ',
  ])('is taken: %s', (expression) => {
    expect(cronFault(expression)).toBeNull();
  });

  it.each([
    ['', 'there are no fields'],
    ['* * * *', 'there are 4 fields'],
    ['* * * * * * *', 'there are 7 fields'],
    ['@daily', 'there is 1 field'],
    ['60 * * * * *', '60 is no second'],
    ['61 * * * *', '61 is no minute'],
    ['0 25 * * *', '25 is no hour'],
    ['0 0 0 * *', '0 is no day of month'],
    ['0 0 * 13 *', '13 is no month'],
    ['a b * * *', 'a is no minute; b is no hour'],
    ['0 0 30 2 *', 'that day of month never comes'],
    ['*/0 * * * *', '*/0 is no minute'],
    ['*/90 * * * * *', 'a step of 90 is longer than the 60 values of the second field'],
    ['0-30/90 * * * *', 'a step of 90 is longer than the 60 values of the minute field'],
    ['0 */25 * * *', 'a step of 25 is longer than the 24 values of the hour field'],
    ['1-0 * * * * *', 'the range 1-0 runs backwards; write 1-59,0-0'],
    ['0 22-6 * * *', 'the range 22-6 runs backwards; write 22-23,0-6'],
    ['0 0 * * 5,6-1', 'the range 6-1 runs backwards; write 6-7,0-1'],
  ])('is refused, with the reason: %s', (expression, reason) => {
    expect(cronFault(expression)).toBe(reason);
  });
});
