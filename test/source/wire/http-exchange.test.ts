import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { SourceError } from '../../../src/errors.ts';
import type { HttpResponse } from '../../../src/net/http-client.ts';
import { retrying } from '../../../src/source/json-read.ts';
import { createExchange } from '../../../src/source/wire/http-exchange.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const ANSWER: HttpResponse = { status: 200, headers: new Headers(), text: '{}', broken: null };

describe('an HTTP exchange', () => {
  it('leaves no timer and no listener behind when the answer has come', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const begun = vi.spyOn(globalThis, 'setTimeout');
    const ended = vi.spyOn(globalThis, 'clearTimeout');
    const { signal } = new AbortController();
    const exchange = createExchange({ send: async () => ANSWER, timeoutMs: 30_000 });
    for (let turn = 0; turn < 3; turn += 1) await exchange({ url: 'http://atlas/', headers: {}, signal });

    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(timeout).not.toHaveBeenCalled();
    const timers = begun.mock.results.map(({ value }) => value);
    expect(timers).toHaveLength(3);
    expect(ended.mock.calls.map(([timer]) => timer)).toEqual(timers);
    vi.restoreAllMocks();
  });

  it('is not begun for a signal that has aborted before', async () => {
    const reason = new Error('shutting down');
    const send = vi.fn(async ({ signal }: { signal: AbortSignal }) => {
      signal.throwIfAborted();
      return ANSWER;
    });
    const exchange = createExchange({ send, timeoutMs: 30_000 });
    const request = { url: 'http://atlas/', headers: {}, signal: AbortSignal.abort(reason) };
    await expect(exchange(request)).rejects.toBe(reason);
  });
});

describe('a read that goes well', () => {
  it('makes nothing of what is needed to try again', async () => {
    const reply = { body: {}, status: 200, headers: new Headers() };
    const begun = vi.spyOn(globalThis, 'setTimeout');
    const { signal } = new AbortController();
    const read = vi.fn(async () => reply);
    const retry = retrying(read, {
      ...{ connection: 'atlas', retries: 2, longestRetryAfterMs: 1_000, random: () => 0 },
      ...{ clock: createManualClock(T0), logger: createRecordingLogger() },
    });
    const request = { accept: '', budgetKey: '', role: '', signal };
    const listening = vi.spyOn(signal, 'addEventListener');
    await expect(retry('/x', request)).resolves.toBe(reply);
    expect([begun, listening, read].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 1]);

    read.mockRejectedValueOnce(new SourceError('unavailable', 'no answer', { retryable: true }));
    await expect(retry('/x', request)).resolves.toBe(reply);
    expect(read).toHaveBeenCalledTimes(3);
    vi.restoreAllMocks();
  });
});
