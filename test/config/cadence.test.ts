import { describe, expect, it } from 'vitest';
import { cadenceText } from '../../src/config/cadence.ts';

describe('how often a schedule comes round', () => {
  it.each([
    ['*/30 * * * * *', 'every 30 s'],
    ['*/30 * * * *', 'every 30 min'],
    ['0 */5 * * * *', 'every 5 min'],
    ['* * * * *', 'every 1 min'],
    ['10,40 * * * * *', 'every 30 s'],
    ['0 9 * * *', 'once a day'],
    ['0 9 * * 1', 'once a day on some days'],
    ['0 9,21 * * *', 'every 12 h'],
    ['*/5 8-17 * * 1-5', 'every 5 min on some days'],
    ['*/5 8-17 * * *', 'every 5 min, at most 14 h 5 min apart'],
    ['*/50 * * * *', 'every 50 min'],
  ])('is read from its fields: %s', (expression, text) => {
    expect(cadenceText(expression)).toBe(text);
  });

  it('is not told where only the scheduler knows', () => {
    expect(cadenceText('@daily')).toBe('');
  });
});
