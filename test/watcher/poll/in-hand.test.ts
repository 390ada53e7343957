import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { beginPoll } from '../../../src/watcher/poll/in-hand.ts';

describe('a poll in hand', () => {
  const sleeps: AbortSignal[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) => {
      if (signal) sleeps.push(signal);
      return Promise.withResolvers<void>().promise;
    },
  };
  const begin = (poll: (signal: AbortSignal) => Promise<string>) =>
    beginPoll(poll, { clock, patienceMs: 1_000, failed: ({ message }) => message });

  it('aborts nothing when it ends by itself: that would make an error with its stack at each poll', async () => {
    const abort = vi.spyOn(AbortController.prototype, 'abort');
    onTestFinished(() => abort.mockRestore());
    expect(await begin(async () => 'read').report).toBe('read');
    expect(abort).not.toHaveBeenCalled();
  });

  it('is waited for no longer when it has ended after it was told to', async () => {
    const { report, abort } = begin(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 'ended';
    });
    abort(new Error('stop'));
    expect(await report).toBe('ended');
    expect(sleeps.at(-1)?.aborted).toBe(true);
  });
});
