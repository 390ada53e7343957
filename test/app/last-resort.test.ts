import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { armLastResort } from '../../src/app/last-resort.ts';

let told: string[];
let exits: Array<number | undefined>;
let closing: PromiseWithResolvers<void>;

function arm() {
  return armLastResort({
    logger: {
      error: (message, fields) => told.push(`log: ${message} ${JSON.stringify(fields)}`),
      close: () => closing.promise,
    },
    tell: (line) => told.push(line),
    exit: (code) => exits.push(code),
    openResources: () => ['TCPSocketWrap', 'Timeout', 'TCPSocketWrap'],
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  exits = [];
  closing = Promise.withResolvers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('leaves within 10 s when something does not end, and names what stands open, though nobody reads the log', async () => {
  arm();
  await vi.advanceTimersByTimeAsync(8_900);
  expect([told, exits]).toEqual([[], []]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([
    'log: Something did not end in time; leaving. What is owed stays owed. {"open":{"TCPSocketWrap":2,"Timeout":1}}',
  ]);
  expect(exits).toEqual([0]);
});

it('leaves soon after the end in order when the process does not end by itself, with the code that it has', async () => {
  const lastResort = arm();
  await vi.advanceTimersByTimeAsync(2_000);
  lastResort.ended();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(['restore-watcher has ended; left behind: {"TCPSocketWrap":2,"Timeout":1}']);
  expect(exits).toEqual([undefined]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(exits).toHaveLength(1);
});
