import { describe, expect, it } from 'vitest';
import { cadenceOf, cadenceText, fieldsOf } from '../../src/config/cadence.ts';

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

  it('is reckoned as it would be from every time of the day', () => {
    const fields = [
      ['*', '0', '5,50', '1,2,4'],
      ['*', '0', '*/7', '0-10/3'],
      ['*', '*/5', '9', '8-17', '0,23'],
    ] as const;
    for (const second of fields[0]) {
      for (const minute of fields[1]) {
        for (const hour of fields[2]) {
          for (const day of ['*', '1']) {
            const expression = `${second} ${minute} ${hour} * * ${day}`;
            expect([expression, cadenceOf(expression)]).toEqual([expression, slowCadence(expression)]);
          }
        }
      }
    }
  });

  it('is not told where only the scheduler knows', () => {
    expect(cadenceText('@daily')).toBe('');
  });
});

/** By every time of a day, one after the other. */
function slowCadence(expression: string) {
  const { second, minute, hour, date } = fieldsOf(expression);
  const [seconds, minutes, hours] = [valuesOf(second), valuesOf(minute), valuesOf(hour)];
  const times: number[] = [];
  for (let s = 0; s < 86_400; s += 1) {
    if (hours.has(Math.floor(s / 3_600)) && minutes.has(Math.floor(s / 60) % 60) && seconds.has(s % 60))
      times.push(s);
  }
  const isOnSomeDays = date.some((field) => field !== '*');
  if (!isOnSomeDays || times.length === 1) times.push((times[0] ?? 0) + 86_400);
  const counts = new Map<number, number>();
  for (const [index, time] of times.entries()) {
    const gap = time - (times[index - 1] ?? Number.NaN);
    if (index > 0) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  const usual = [...counts].find(([, count]) => count === most)?.[0] ?? 0;
  return { usualMs: usual * 1_000, longestMs: Math.max(...counts.keys()) * 1_000, isOnSomeDays };
}

/** The values below 60 that a field takes. */
function valuesOf(field: string): Set<number> {
  const takes = (value: number): boolean =>
    field.split(',').some((part) => {
      const [range = '', step = '1'] = part.split('/');
      const [from = 0, to = from] = range === '*' ? [0, 59] : range.split('-').map(Number);
      return value >= from && value <= to && (value - from) % Number(step) === 0;
    });
  return new Set(Array.from({ length: 60 }, (_, value) => value).filter(takes));
}
