import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { HttpResponse } from '../../../src/net/http-client.ts';
import { createExchange } from '../../../src/source/wire/http-exchange.ts';

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
