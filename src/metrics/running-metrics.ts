import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Timestamp } from '../domain/instant.ts';
import { StoreError } from '../errors.ts';
import type { JobReader } from '../store/ports/jobs.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { createExpectedEnds } from '../views/expected-ends.ts';

/** What the figures about running jobs are read from. */
export interface RunningFiguresDeps {
  store: JobReader & RecordReader;
  clock: Clock;
}

/** The figures about running jobs. They are read from the store at each scrape. */
export interface RunningFigures {
  /** Jobs of other watches are left out: those run on in the store, but nobody looks at them any more. */
  apply(watches: readonly string[]): void;
  /** Brings the figures up to date. What cannot be read of the store is left out. */
  refresh(): Promise<void>;
}

/** A series for each job: so many at once, the oldest first, and never more. */
const JOBS_AT_MOST = 100;

/** The age of the oldest running job of each watch, and the expected end of each running job. */
export function addRunningFigures(
  registry: Registry,
  prefix: string,
  { store, clock }: RunningFiguresDeps,
): RunningFigures {
  const registers = [registry];
  const age = new Gauge({
    name: `${prefix}oldest_running_job_age_seconds`,
    help: 'How long the restore job of the watch that began first has been running; 0 while none is.',
    labelNames: ['watch'],
    registers,
  });
  const expectedEnd = new Gauge({
    name: `${prefix}job_expected_end_timestamp_seconds`,
    help: `When a running restore job should end, where its progress or history tells; the oldest ${JOBS_AT_MOST} of them.`,
    labelNames: ['watch', 'job'],
    registers,
  });
  const ends = createExpectedEnds({ store, clock });
  let known: readonly string[] = [];

  const read = async () => {
    const since = await store.runningSince();
    const running = known.filter((watch) => since.has(watch));
    const jobs = running.length === 0 ? [] : await store.oldestRunning(running, JOBS_AT_MOST);
    return { since, endOf: await ends.of(jobs) };
  };

  return {
    apply: (watches) => {
      known = watches;
    },
    refresh: async () => {
      const found = await read().catch((thrown: unknown) => {
        if (thrown instanceof StoreError) return null;
        throw thrown;
      });
      // In one go from here: another scrape may have come in between.
      age.reset();
      expectedEnd.reset();
      if (found === null) return;
      for (const watch of known) age.set({ watch }, ageSeconds(found.since.get(watch), clock.now()));
      for (const [{ watch, jobId }, { at }] of found.endOf) {
        expectedEnd.set({ watch, job: jobId }, at / 1000);
      }
    },
  };
}

function ageSeconds(since: Timestamp | undefined, now: Timestamp): number {
  return since === undefined ? 0 : Math.max(0, now - since) / 1000;
}
