import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import {
  type ExpectedEnd,
  expectedEnd,
  HISTORY_LIMIT,
  type Usuals,
  usualsFrom,
} from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { RestoreJob } from '../../domain/job/restore-job.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import { shownState } from '../shown-state.ts';
import type { DurationsStore } from './remembered-durations.ts';
import { rememberTargetKeys } from './target-keys.ts';

export interface ExpectedEnds {
  /**
   * When these should end; those that do not run, or of which nothing tells, are left out.
   * @throws {StoreError} when what is usual there cannot be read.
   */
  of(observations: readonly Observation[]): Promise<Map<Observation, ExpectedEnd>>;
}

export interface ExpectedEndsDeps {
  store: DurationsStore & Pick<JobReader, 'targetKeysOf'>;
  clock: Clock;
}

/** What is usual somewhere changes slowly; reading it costs some milliseconds for each instance. */
const KEPT_FOR_MS = 5 * 60_000;

const NOTHING_USUAL: Usuals = new Map();

/** Makes a reader that remembers what is usual. */
export function createExpectedEnds({ store, clock }: ExpectedEndsDeps): ExpectedEnds {
  const targetKeysOf = rememberTargetKeys(store);
  const kept = new Map<string, { readAt: number; usuals: Usuals }>();

  const usualsOf = async (key: string): Promise<Usuals> => {
    const known = kept.get(key);
    if (known) return known.usuals;
    // Of many instances one after the other, so that others get their turn in between.
    await nextTurn();
    const usuals = usualsFrom(await store.finishedDurations(key, HISTORY_LIMIT));
    kept.set(key, { readAt: clock.monotonic(), usuals });
    return usuals;
  };

  return {
    of: async (observations) => {
      // One at a time, the one that was read first: who asks must not wait for all of them to be read again.
      const [first] = kept;
      if (first && clock.monotonic() - first[1].readAt >= KEPT_FOR_MS) kept.delete(first[0]);
      const ends = new Map<Observation, ExpectedEnd>();
      const running = observations.filter((observation) => runningJobOf(observation) !== null);
      const keyOf = await targetKeysOf(running);
      for (const observation of running) {
        const job = runningJobOf(observation);
        if (job === null) continue;
        const key = keyOf.get(observation);
        const usuals = key === undefined ? NOTHING_USUAL : await usualsOf(key);
        const end = expectedEnd(job, clock.now(), usuals);
        if (end) ends.set(observation, end);
      }
      return ends;
    },
  };
}

function runningJobOf(observation: Observation): RestoreJob | null {
  const { job } = observation;
  const state = shownState(observation);
  return job === null || state !== 'in_progress' ? null : { ...job, state };
}
