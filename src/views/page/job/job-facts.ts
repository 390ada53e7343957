import type { Clock } from '../../../clock.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { type FinishedDuration, HISTORY_LIMIT } from '../../../domain/job/eta.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import type { AttestationReader } from '../../../store/ports/evidence/attestations.ts';
import type { JobReader } from '../../../store/ports/jobs.ts';
import type { RecordedEvent, RecordReader } from '../../../store/ports/records.ts';
import type { ListedJob } from '../../records/records.ts';
import { type IdFinder, resolveJobId } from '../../resolve-id.ts';
import { createExpectedEnds } from '../../usual/expected-ends.ts';
import { type JobLog, type JobLogStore, readJobLog } from './job-log.ts';

/** All that the page of one job is made of. */
export interface JobFacts extends ListedJob {
  now: Timestamp;
  /** Other watches that follow it. */
  alsoWatchedBy: readonly string[];
  /** All that was told of it, oldest first: reminders too. */
  events: readonly RecordedEvent[];
  /** How long restores took on the same instance, newest first. */
  durations: readonly FinishedDuration[];
  log: JobLog;
}

/** What the page of a job asks of the store. */
export type JobFactsStore = IdFinder &
  Pick<RecordReader, 'listObservations' | 'listEvents'> &
  Pick<JobReader, 'finishedDurations' | 'targetKeysOf'> &
  AttestationReader &
  JobLogStore;

/** So many events of a job are shown. */
const MOST_EVENTS = 200;
const MOST_WATCHES = 20;

/**
 * Reads one job, as the watch that saw it change last sees it; `null`: there is none of this id.
 * @param given its id in any form that people have it.
 * @throws {StoreError} AmbiguousId, UnfitId.
 */
export async function readJobFacts(
  store: JobFactsStore,
  clock: Clock,
  given: string,
): Promise<JobFacts | null> {
  const jobId = await resolveJobId(store, given);
  const [{ items }, told] = await Promise.all([
    store.listObservations({ jobId, limit: MOST_WATCHES }),
    store.listEvents({ jobId, limit: MOST_EVENTS }),
  ]);
  const [latest, ...others] = items.toSorted((a, b) => b.changedAt - a.changedAt);
  if (latest === undefined) return null;
  const ends = await createExpectedEnds({ store, clock }).of([latest]);
  const attestations = (await store.attestationsOf([jobId])).get(jobId) ?? [];
  const events = told.items.toReversed();
  return {
    ...{ now: clock.now(), observation: latest, eta: ends.get(latest) ?? null, attestations, events },
    alsoWatchedBy: others.map(({ watch }) => watch),
    durations: await durationsOf(store, latest),
    log: await readJobLog(store, { observation: latest, events, attestations }),
  };
}

async function durationsOf(store: JobFactsStore, { watch, jobId }: Observation): Promise<FinishedDuration[]> {
  const key = (await store.targetKeysOf(watch, [jobId])).get(jobId);
  return key === undefined ? [] : store.finishedDurations(key, HISTORY_LIMIT);
}
