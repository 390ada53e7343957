import { describe, expect, it } from 'vitest';
import { objectIdInstant } from '../../../src/domain/instant.ts';
import { LINK_CANARY, newJobId, play, ready, serverlessJob } from '../../../src/simulator/atlas/scenario.ts';
import { T0 } from '../../support/builders.ts';

describe('a new job id', () => {
  it('begins with its time, to the second, and is never the same', () => {
    const ids = Array.from({ length: 100 }, () => newJobId(T0 + 999));
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(objectIdInstant(id)).toBe(T0);
  });
});

it('puts a canary into the path of a download link', () => {
  const job = ready(T0)(serverlessJob({ createdAt: T0, instance: 'orders', deliveryType: 'download' }));
  expect(job.deliveryUrl).toHaveLength(1);
  expect(new URL(job.deliveryUrl[0]!).pathname).toContain(`/${LINK_CANARY}/`);
});

describe('a timeline', () => {
  it('does its steps in order of time, one after the other', async () => {
    const done: string[] = [];
    await play([
      { at: 20, do: () => void done.push('second') },
      {
        at: 0,
        do: async () => {
          await Promise.resolve();
          done.push('first');
        },
      },
      { at: 20, do: () => void done.push('third') },
    ]);
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('runs faster on demand', async () => {
    const before = performance.now();
    await play([{ at: 60_000, do: () => {} }], { speed: 60_000 });
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('ends with the signal, without the steps that were left', async () => {
    const controller = new AbortController();
    const done: string[] = [];
    const playing = play(
      [
        { at: 0, do: () => controller.abort(new Error('enough')) },
        { at: 60_000, do: () => void done.push('never') },
      ],
      { signal: controller.signal },
    );
    await expect(playing).rejects.toThrow();
    expect(done).toEqual([]);
  });

  it('ends with the error of a step', async () => {
    const steps = [{ at: 0, do: () => Promise.reject(new Error('broken')) }];
    await expect(play(steps)).rejects.toThrow('broken');
  });
});
