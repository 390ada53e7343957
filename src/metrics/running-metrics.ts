import type { Clock } from '../clock.ts';
import type { Timestamp } from '../domain/instant.ts';
import { StoreError } from '../errors.ts';
import type { JobReader } from '../store/ports/jobs.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { createExpectedEnds } from '../views/usual/expected-ends.ts';
import { JOBS_AT_MOST } from './definitions.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** What the figures about running jobs are read from. */
export interface RunningFiguresDeps {
  store: JobReader & RecordReader;
  clock: Clock;
}

/** The age of the oldest running job of each watch, and which are stalled, and the expected end of each. All is read from the store. */
export function addRunningFigures(instruments: Instruments, { store, clock }: RunningFiguresDeps): Figures {
  const age = instruments.gauge('restore_watcher_oldest_running_job_age_seconds');
  const expectedEnd = instruments.gauge('restore_watcher_job_expected_end_timestamp_seconds');
  const stalled = instruments.gauge('restore_watcher_stalled_jobs');
  const ends = createExpectedEnds({ store, clock });
  let known: readonly string[] = [];

  const read = async () => {
    const since = await store.runningSince();
    const running = known.filter((watch) => since.has(watch));
    const jobs = running.length === 0 ? [] : await store.oldestRunning(running, JOBS_AT_MOST);
    return { since, jobs, endOf: await ends.of(jobs) };
  };

  return {
    // Jobs of other watches run on in the store, but nobody looks at them any more.
    apply: ({ watches }) => {
      known = watches;
    },
    refresh: async () => {
      const found = await read().catch((thrown: unknown) => {
        if (thrown instanceof StoreError) return null;
        throw thrown;
      });
      // In one go from here: another scrape may have come in between.
      age.reset();
      stalled.reset();
      expectedEnd.reset();
      if (found === null) return;
      for (const watch of known) age.set({ watch }, ageSeconds(found.since.get(watch), clock.now()));
      for (const watch of known) stalled.set({ watch }, 0);
      for (const { watch, raised } of found.jobs) if (raised.stalled !== undefined) stalled.inc({ watch });
      for (const [{ watch, jobId }, { at }] of found.endOf) {
        expectedEnd.set({ watch, job_id: jobId }, at / 1000);
      }
    },
  };
}

function ageSeconds(since: Timestamp | undefined, now: Timestamp): number {
  return since === undefined ? 0 : Math.max(0, now - since) / 1000;
}
