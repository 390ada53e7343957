import { getEventListeners } from 'node:events';
import { expect, it, vi } from 'vitest';
import { createHttpReceiver } from '../../src/channels/http-receiver.ts';
import { createReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import { systemClock } from '../../src/clock.ts';

it('leaves no timer and no listener behind when the answer has come, or has not', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  const any = vi.spyOn(AbortSignal, 'any');
  const begun = vi.spyOn(globalThis, 'setTimeout');
  const ended = vi.spyOn(globalThis, 'clearTimeout');
  const { signal } = new AbortController();
  const receiver = createHttpReceiver({
    name: 'the webhook',
    key: 'https://siem.example.com',
    intervalMs: 0,
    timeoutMs: 30_000,
    limiter: createReceiverLimiter(systemClock),
    clock: systemClock,
    scrub: (text) => text,
  });
  const asked = { signal, isUrgent: false };
  await receiver.ask(async () => ({ status: 204, retryAfter: null, body: '' }), asked);
  await expect(receiver.ask(() => Promise.reject(new Error('gone')), asked)).rejects.toThrow();
  expect([timeout.mock.calls, any.mock.calls]).toEqual([[], []]);
  const timers = begun.mock.results.map(({ value }) => value);
  expect(timers).toHaveLength(2);
  expect(ended.mock.calls.map(([timer]) => timer)).toEqual(timers);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
