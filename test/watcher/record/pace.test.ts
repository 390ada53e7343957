import { describe, expect, it } from 'vitest';
import { createEndOfTurn } from '../../../src/watcher/record/end-of-turn.ts';
import { createPace } from '../../../src/watcher/record/pace.ts';
import { createManualClock } from '../../support/manual-clock.ts';

/** What a pace comes to where each job takes so long, in milliseconds, and each turn so much more. */
function paceAt(msPerJob: number, msPerTurn = 0, turns = 12): number[] {
  const pace = createPace();
  return Array.from({ length: turns }, () => {
    const { jobs } = pace;
    pace.took(jobs, jobs * msPerJob + msPerTurn);
    return jobs;
  });
}

describe('how many jobs are written in one turn', () => {
  it('comes to what fits into it, from few jobs on, and never takes more than twice as many as before', () => {
    expect(paceAt(0.3).at(-1)).toBe(83);
    expect(paceAt(0.01)).toEqual([50, 100, 200, ...Array(9).fill(250)]);
    expect(paceAt(2).at(-1)).toBe(50);
    expect(paceAt(100).at(-1)).toBe(50);
    // A disk that takes 40 ms for each flush.
    expect(paceAt(0.3, 40).at(-1)).toBe(50);
    expect(paceAt(0.3, 5).at(-1)).toBeGreaterThan(60);
  });

  it('falls at once when a turn took too long, and is not misled by a turn of a few jobs', () => {
    const pace = createPace();
    for (let turn = 0; turn < 4; turn += 1) pace.took(pace.jobs, 5);
    expect(pace.jobs).toBe(250);
    pace.took(2, 5);
    expect(pace.jobs).toBe(250);
    pace.took(250, 250);
    expect(pace.jobs).toBe(50);
  });

  it('goes by all who write together, until the last of them has ended', async () => {
    const clock = createManualClock(0);
    const took: Array<[jobs: number, ms: number]> = [];
    const endOfTurn = createEndOfTurn({ jobs: 100, took: (jobs, ms) => void took.push([jobs, ms]) }, clock);
    const [first, second] = await Promise.all([endOfTurn(40), endOfTurn(60)]);
    clock.advance(7);
    first?.(true);
    expect(took).toEqual([]);
    clock.advance(4);
    second?.(true);
    expect(took).toEqual([[100, 11]]);
  });

  it('learns nothing from a turn in which something could not be written', async () => {
    const clock = createManualClock(0);
    const took: number[] = [];
    const endOfTurn = createEndOfTurn({ jobs: 100, took: (jobs) => void took.push(jobs) }, clock);
    const [first, second] = await Promise.all([endOfTurn(40), endOfTurn(60)]);
    first?.(false);
    second?.(true);
    expect(took).toEqual([]);
    const alone = await endOfTurn(50);
    alone(true);
    expect(took).toEqual([50]);
  });
});
