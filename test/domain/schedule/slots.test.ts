import { describe, expect, it } from 'vitest';
import { lastSlot, nextSlot } from '../../../src/domain/schedule/slots.ts';
import { HOUR } from '../../support/builders.ts';

const YEAR = 366 * 24 * HOUR;
const SATURDAYS = { schedule: '0 0 2 * * 6', timeZone: 'UTC' };

function last(schedule: string, timeZone: string, at: string, withinMs: number): string | null {
  const now = Date.parse(at);
  return iso(lastSlot({ schedule, timeZone }, now, now - withinMs));
}

function next(schedule: string, timeZone: string, after: string, withinMs = YEAR): string | null {
  const now = Date.parse(after);
  return iso(nextSlot({ schedule, timeZone }, now, now + withinMs));
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString().replace('.000', '');
}

describe('a schedule', () => {
  it('came round last at or before a time, and not before another', () => {
    const slot = Date.parse('2026-11-28T02:00:00Z');
    expect(lastSlot(SATURDAYS, slot, slot)).toBe(slot);
    expect(lastSlot(SATURDAYS, slot + 4 * HOUR, slot)).toBe(slot);
    expect(lastSlot(SATURDAYS, slot + 4 * HOUR, slot + 1)).toBeNull();
    expect(lastSlot(SATURDAYS, slot - 1, slot - 24 * HOUR)).toBeNull();
  });

  it('comes round next after a time, and not later than another', () => {
    const slot = Date.parse('2026-12-05T02:00:00Z');
    expect(nextSlot(SATURDAYS, slot - 7 * 24 * HOUR, slot)).toBe(slot);
    expect(nextSlot(SATURDAYS, slot - 7 * 24 * HOUR, slot - 1)).toBeNull();
    expect(nextSlot(SATURDAYS, slot, slot + YEAR)).toBe(slot + 7 * 24 * HOUR);
  });

  it('is read on the wall of its zone, with five fields or six, to the second', () => {
    expect(next('30 2 1 1 *', 'Asia/Kathmandu', '2026-03-01T00:00:00Z')).toBe('2026-12-31T20:45:00Z');
    expect(last('15 59 23 * * *', 'UTC', '2026-03-02T12:00:00Z', 24 * HOUR)).toBe('2026-03-01T23:59:15Z');
  });

  it('that the clocks leave out comes when they go forward', () => {
    const gap = '2026-03-29T01:00:00Z';
    expect(last('30 2 * * *', 'Europe/Vienna', '2026-03-29T01:10:00Z', HOUR)).toBe(gap);
    expect(next('30 2 29 3 *', 'Europe/Vienna', '2026-03-01T00:00:00Z')).toBe(gap);
  });

  it('that comes twice when the clocks go back counts both times', () => {
    const once = next('30 2 25 10 *', 'Europe/Vienna', '2026-10-01T00:00:00Z');
    expect(once).toBe('2026-10-25T00:30:00Z');
    expect(next('30 2 25 10 *', 'Europe/Vienna', String(once))).toBe('2026-10-25T01:30:00Z');
  });

  it('is found on a short day and a long one', () => {
    const daily = ['0 0 * * *', 'Europe/Vienna'] as const;
    expect(next(...daily, '2026-03-28T23:00:00Z')).toBe('2026-03-29T22:00:00Z');
    expect(last(...daily, '2026-10-25T22:59:59Z', 30 * HOUR)).toBe('2026-10-24T22:00:00Z');
  });
});
