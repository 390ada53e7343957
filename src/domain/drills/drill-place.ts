import type { AuditEntry } from '../audit.ts';
import { parseInstant, type Timestamp } from '../instant.ts';
import { placeKey } from '../job/place.ts';
import { isWildcard, type Watch } from '../job/watch.ts';
import { countsFor, type Drill } from './drill.ts';
import { attestRun, type DrillRun, isAwaited, isUnattested, judgeRun, missAttestation } from './drill-run.ts';
import { type EndedJob, endedJobIn } from './ended-job.ts';

/** How a drill stands at one instance. Plain JSON: the store keeps it as it is. */
export interface DrillPlace {
  groupId: string;
  instanceName: string;
  /** Since when the instance is watched. */
  since: Timestamp;
  /** The restore that counts and finished last; `null`: none ever has. */
  done: { jobId: string; at: Timestamp } | null;
  /** Runs that wait for an attestation, the oldest first, and those that may still get another one: see `withRun`. */
  runs: DrillRun[];
  /** What is told of a run that did not go as agreed, until one does; `null`: nothing. */
  failing: DrillRun | null;
  /** It is told that no restore has finished since then for too long; `null`: nothing is told. */
  overdueSince: Timestamp | null;
}

/** What an entry changes at one instance. */
export interface PlaceChange {
  key: string;
  /** `null`: the instance has gone, and nothing is expected of it. */
  place: DrillPlace | null;
  /** There when a run was judged: that is written down, and may have to be told. */
  judged: Judgement | null;
}

/** How a run is judged, and how it was before; `null`: this is the first time. */
export interface Judgement {
  run: DrillRun;
  before: DrillRun | null;
}

/** Of so many runs for which nobody waits it is remembered what they lacked: an attestation that comes later than that changes nothing. */
const MOST_SETTLED = 20;

/**
 * Reads on in the audit log: says what an entry changes for a drill. Pure, so that reading an entry twice comes to the same.
 * @param judges false: it tells of the time before the drill was agreed. It counts, and nobody is told.
 */
export function readEntry(
  { drill, watch }: { drill: Drill; watch: Watch },
  places: ReadonlyMap<string, DrillPlace>,
  entry: AuditEntry,
  judges: boolean,
): PlaceChange[] {
  switch (entry.kind) {
    case 'observation.changed':
      return readJob(drill, watch, places, entry, judges);
    case 'attestation.made':
      return readAttestation(places, entry);
    case 'baseline.taken':
    case 'instance.found':
      return begin(watch, places, entry);
    case 'instance.gone':
      return leave(watch, places, entry);
    default:
      return [];
  }
}

/** Says of which runs nobody has attested in time. */
export function missedAttestations(place: DrillPlace, now: Timestamp): Judgement[] {
  return place.runs
    .filter((run) => isUnattested(run, now))
    .map((before) => ({ run: missAttestation(before), before }));
}

/**
 * The same place, with this run in the place of the one of its job. Kept are all runs that somebody still has to attest, the one of which it
 * is told that it did not go as agreed, and the newest of the others.
 */
export function withRun(place: DrillPlace, run: DrillRun): DrillPlace {
  const others = place.runs.filter(({ jobId }) => jobId !== run.jobId);
  const all = [...others, run].toSorted((a, b) => a.endedAt - b.endedAt);
  const isHeld = (one: DrillRun): boolean => isAwaited(one) || one.jobId === place.failing?.jobId;
  const settled = new Set(all.filter((one) => !isHeld(one)).slice(-MOST_SETTLED));
  return { ...place, runs: all.filter((one) => isHeld(one) || settled.has(one)) };
}

/** Since when a restore is waited for: the last one, or else the begin of the watch. */
export function waitingSince({ done, since }: Pick<DrillPlace, 'done' | 'since'>): Timestamp {
  return done?.at ?? since;
}

/**
 * True when it is told that the drill is overdue, and a restore has finished since that makes it due later. One that finished so long before
 * it was found that the next is late by now makes nothing due later, and neither does what is found out of an old one.
 * @param now `null`: nobody knows, and nothing is late.
 */
export function endsOverdue(
  place: Pick<DrillPlace, 'done' | 'since' | 'overdueSince'>,
  { everyMs }: Pick<Drill, 'everyMs'>,
  now: Timestamp | null,
): boolean {
  const { overdueSince } = place;
  const since = waitingSince(place);
  // A clock that was set back alone ends nothing.
  if (overdueSince === null || since <= overdueSince) return false;
  return now === null || now - since <= everyMs;
}

/** The key of the one place of a watch that names its instance, whatever Atlas calls that; or of the instance. */
function keyIn(watch: Watch, place: { groupId: string; instanceName: string }): string {
  return isWildcard(watch) ? placeKey(place) : placeKey(watch);
}

/** Makes a place of which nothing is known yet. */
export function newPlace(place: { groupId: string; instanceName: string }, since: Timestamp): DrillPlace {
  const { groupId, instanceName } = place;
  return { groupId, instanceName, since, done: null, runs: [], failing: null, overdueSince: null };
}

function readJob(
  drill: Drill,
  watch: Watch,
  places: ReadonlyMap<string, DrillPlace>,
  entry: AuditEntry,
  judges: boolean,
): PlaceChange[] {
  const job = entry.data.watch === watch.name ? endedJobIn(entry) : null;
  if (job === null || !countsFor(drill, job.targetClusterName)) return [];
  const key = keyIn(watch, job);
  const home = isWildcard(watch) ? job : watch;
  const place = places.get(key) ?? newPlace(home, parseInstant(entry.at) ?? job.endedAt);
  const counted = isLaterFinish(job, place.done)
    ? { ...place, done: { jobId: job.jobId, at: job.endedAt } }
    : place;
  if (job.isSilent || !judges) return counted === place ? [] : [{ key, place: counted, judged: null }];
  // The short form asks for restores that finish, and for nothing else.
  if (drill.name === null && job.outcome === 'failed') return [];
  const run = judgeRun(drill, job);
  const before = place.runs.find(({ jobId }) => jobId === job.jobId) ?? null;
  return [{ key, place: withRun(counted, run), judged: { run, before } }];
}

/** True when this restore finished after the one that is done, as far as anybody knows. */
function isLaterFinish(job: EndedJob, done: DrillPlace['done']): boolean {
  if (job.outcome !== 'finished') return false;
  if (done === null) return true;
  // It was found then, and may have finished long before: only what began after the other has finished surely did so later.
  const at = job.isDated || job.isNewEnd ? job.endedAt : job.createdAt;
  return job.jobId !== done.jobId && at > done.at;
}

function readAttestation(places: ReadonlyMap<string, DrillPlace>, { data }: AuditEntry): PlaceChange[] {
  const { jobId, result, by, ticket = null } = data;
  if (result !== 'passed' && result !== 'failed') return [];
  return [...places].flatMap(([key, place]) => {
    const before = place.runs.find((one) => one.jobId === jobId);
    if (before === undefined) return [];
    const run = attestRun(before, {
      result,
      by: String(by),
      ticket: ticket === null ? null : String(ticket),
    });
    return [{ key, place: withRun(place, run), judged: { run, before } }];
  });
}

function begin(
  watch: Watch,
  places: ReadonlyMap<string, DrillPlace>,
  { at, data }: AuditEntry,
): PlaceChange[] {
  if (data.watch !== watch.name || !isWildcard(watch)) return [];
  const home = { groupId: String(data.groupId), instanceName: String(data.instanceName) };
  const key = keyIn(watch, home);
  const since = parseInstant(at);
  return places.has(key) || since === null ? [] : [{ key, place: newPlace(home, since), judged: null }];
}

function leave(watch: Watch, places: ReadonlyMap<string, DrillPlace>, { data }: AuditEntry): PlaceChange[] {
  if (data.watch !== watch.name || !isWildcard(watch)) return [];
  const key = placeKey({ groupId: String(data.groupId), instanceName: String(data.instanceName) });
  return places.has(key) ? [{ key, place: null, judged: null }] : [];
}
