import { describe, expect, it } from 'vitest';
import { demandsOf, roomBeside, stretchWords } from '../../../src/domain/polling/shortage.ts';

const ACCOUNT = { perMinute: 90, login: 0 };
const KEY = { perMinute: 90, login: 1 };

describe('what schedules ask of a project', () => {
  it('is judged for each project by itself, with the period that comes of it', () => {
    const askers = [
      { groupId: 'a', everyMs: 30_000, requests: 100 },
      { groupId: 'b', everyMs: 30_000, requests: 45 },
    ];
    const [a, b] = demandsOf(askers, ACCOUNT);
    expect(a).toMatchObject({ groupId: 'a', needed: 200, perMinute: 90, scheduledMs: 30_000, isShort: true });
    expect(a && stretchWords(a)).toBe('they are polled every 67 s instead of every 30 s');
    expect(b).toMatchObject({ groupId: 'b', needed: 90, periodMs: 30_000, isShort: false });
  });

  it('leaves room for so many instances beside what others ask, and logins', () => {
    expect(roomBeside(30_000, [], ACCOUNT)).toBe(45);
    expect(roomBeside(30_000, [], KEY)).toBe(44);
    expect(roomBeside(30_000, [{ everyMs: 10_000, requests: 5 }], ACCOUNT)).toBe(30);
    expect(roomBeside(30_000, [{ everyMs: 1_000, requests: 5 }], ACCOUNT)).toBe(0);
    const room = roomBeside(30_000, [], KEY);
    const [full] = demandsOf([{ groupId: 'a', everyMs: 30_000, requests: room }], KEY);
    expect(full).toMatchObject({ needed: 90, periodMs: 30_000 });
  });
});
