import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Observation } from '../domain/job/observation.ts';
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
  reset(): void;
  /** Brings the figures up to date, after a `reset`, given the watches that have running jobs. What cannot be read of the store is left out. */
  refresh(watchesWithJobs: readonly string[]): Promise<void>;
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

  const fill = async (watchesWithJobs: readonly string[]): Promise<void> => {
    const running = known.filter((watch) => watchesWithJobs.includes(watch));
    const perWatch = await Promise.all(running.map((watch) => store.oldestRunning(watch, JOBS_AT_MOST)));
    for (const watch of known) age.set({ watch }, 0);
    for (const [oldest] of perWatch) {
      if (oldest) age.set({ watch: oldest.watch }, Math.max(0, clock.now() - begunAt(oldest)) / 1000);
    }
    const jobs = perWatch.flat().toSorted((a, b) => begunAt(a) - begunAt(b));
    for (const [{ watch, jobId }, { at }] of await ends.of(jobs.slice(0, JOBS_AT_MOST))) {
      expectedEnd.set({ watch, job: jobId }, at / 1000);
    }
  };

  return {
    apply: (watches) => {
      known = watches;
    },
    reset: () => {
      age.reset();
      expectedEnd.reset();
    },
    refresh: async (watchesWithJobs) => {
      await fill(watchesWithJobs).catch((thrown: unknown) => {
        if (!(thrown instanceof StoreError)) throw thrown;
      });
    },
  };
}

function begunAt({ job, firstSeenAt }: Observation): number {
  return job?.createdAt ?? firstSeenAt;
}
