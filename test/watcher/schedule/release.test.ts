import { beforeEach, expect, it, vi } from 'vitest';
import { Release, type Ticked } from '../../../src/watcher/schedule/release.ts';
import { type FakeTime, fakeTime } from '../../support/fake-time.ts';

let time: FakeTime;
let release: Release<Ticked>;
let begun: string[];

beforeEach(() => {
  time = fakeTime(Date.parse('2026-11-02T08:00:00Z'));
  release = new Release(time);
  begun = [];
});

/** Works for so long once it is ticked. */
function member(name: string, forMs: number): Ticked {
  return {
    tick: () => {
      begun.push(name);
      return time.sleep(forMs);
    },
  };
}

function members(count: number, forMs: number, name = ''): Ticked[] {
  return Array.from({ length: count }, (_, index) => member(`${name}${index}`, forMs));
}

it('ticks a little apart, in order', async () => {
  release.add(members(3, 1), 25);
  await time.pass(0);
  expect(begun).toEqual(['0']);
  await time.pass(25);
  expect(begun).toEqual(['0', '1']);
  await time.pass(25);
  expect(begun).toEqual(['0', '1', '2']);
});

it('keeps one timer for two thousand that wait', async () => {
  release.add(members(2_000, 1), 7);
  expect(vi.getTimerCount()).toBe(1);
  release.add(members(2_000, 1), 7);
  expect(vi.getTimerCount()).toBe(1);
  release.stop();
  expect(vi.getTimerCount()).toBe(0);
  await time.pass(60_000);
  expect(begun).toEqual([]);
});

it('lets 64 work at once, and the next when one has ended', async () => {
  release.add([...members(64, 1_000), ...members(10, 100, 'late ')], 0);
  await time.pass(999);
  expect(begun).toHaveLength(64);
  await time.pass(2);
  expect(begun).toHaveLength(74);
});

it('waits two seconds for those of which nothing comes, and no longer', async () => {
  release.add([...members(200, 3_600_000), member('well', 1)], 0);
  await time.pass(1_999);
  expect(begun).toHaveLength(64);
  await time.pass(2_001);
  expect(begun).toHaveLength(192);
  await time.pass(2_000);
  expect(begun.at(-1)).toBe('well');
});

it('keeps the place of one that falls due again while it waits, and begins it once', async () => {
  const [first, second] = [member('a', 1), member('b', 1)] as const;
  release.add([first, second], 500);
  await time.pass(0);
  release.add([first, second], 500);
  await time.pass(10_000);
  expect(begun).toEqual(['a', 'a', 'b']);
});

it('lets those of another schedule in between', async () => {
  release.add(members(1_000, 100), 0);
  await time.pass(0);
  release.add([member('other', 100)], 0);
  await time.pass(102);
  expect(begun.slice(64, 66)).toContain('other');
});
