import { listed, suggestion } from '../closest.ts';
import { type Timestamp, toIsoOrNull } from '../domain/instant.ts';
import {
  type AskedMute,
  endOf,
  isInForce,
  type Mute,
  muteRequest,
  nextStart,
} from '../domain/telling/mute.ts';
import {
  isNeverMet,
  type MutableWatch,
  type MuteWorld,
  type Unreached,
  unreachedBy,
} from '../domain/telling/mute-reach.ts';
import type { MuteStore } from '../store/ports/mutes.ts';
import type { RecordReader } from '../store/ports/records.ts';
import type { AddedMute } from './records/records.ts';
import { findJobId, type IdFinder } from './resolve-id.ts';
import { Unfit } from './unfit.ts';

/** A mute that could never keep anything from anybody; none was kept. */
export class UnfitMute extends Unfit {
  constructor(message: string, hint: string) {
    super('unfit_mute', message, { hint });
  }
}

/** So many of the restores on record are looked through for what a mute names. */
const MOST_LOOKED_AT = 500;

/**
 * Keeps a mute that somebody asks for, of the job that is meant, and says what in it fits nothing that is configured or on record.
 * @throws {AmbiguousId} UnfitId, UnfitMute: then nothing was kept.
 */
export async function addMute(
  store: Pick<MuteStore, 'addMute'> & Pick<RecordReader, 'listObservations'> & IdFinder,
  asked: AskedMute,
  { now, watches, isWhole }: { now: Timestamp; watches: readonly MutableWatch[]; isWhole: boolean },
): Promise<AddedMute> {
  if (isNeverMet(asked)) {
    throw new UnfitMute(
      `${asked.events?.join(', ')} is about no job, and the mute asks for one`,
      'Leave out the job and the target, or name events of jobs.',
    );
  }
  const job = asked.job === null ? null : await jobMeant(store, asked.job);
  const { items } = await store.listObservations({ limit: MOST_LOOKED_AT });
  const seen = items.flatMap(({ watch, job: seenJob }) =>
    seenJob === null ? [] : [{ ...seenJob, watch, target: seenJob.targetClusterName }],
  );
  const mute = await store.addMute(muteRequest({ ...asked, job: job?.id ?? null }, now));
  const world: MuteWorld = { watches, isWhole, seen };
  return { mute, warnings: [...(job?.warnings ?? []), ...unreachedBy(mute, world).map(wordsOf)] };
}

/**
 * The job that a mute is to name. The beginning of an id that nobody knows would cover no job, now or ever; a whole one may yet be seen.
 * @throws {AmbiguousId} UnfitId, UnfitMute.
 */
async function jobMeant(store: IdFinder, given: string): Promise<{ id: string; warnings: string[] }> {
  const isGlob = given.includes('*');
  const { id, isKnown, isWhole } = await findJobId(store, given, isGlob ? 'any' : 'one');
  if (isKnown) return { id: isGlob ? given : id, warnings: [] };
  if (!isGlob && !isWhole) {
    throw new UnfitMute(
      `no restore job on record has the id ${given}: the mute would keep nothing from anybody`,
      '"restore-watcher jobs" lists those on record. The id of a job that nobody has seen yet is given whole.',
    );
  }
  const none = `no restore job on record has the id ${given}: it keeps nothing from anybody until one is seen`;
  return { id: isGlob ? given : id, warnings: [none] };
}

function wordsOf({ what, wanted, among, known }: Unreached): string {
  const others = known.length === 0 ? 'none is known' : `there are ${listed(known)}`;
  const who =
    among === 'watches'
      ? `no watch that is configured has the ${what} ${JSON.stringify(wanted)}: it may keep nothing from anybody`
      : `none of the latest restores on record has the ${what} ${JSON.stringify(wanted)}: it keeps nothing from anybody until one has`;
  return `${who} (${others})${suggestion(wanted, known)}`;
}

/** See `muteView`. */
export type MuteView = Readonly<ReturnType<typeof muteView>>;

/** A mute, and when it is in force as of `now`. */
export function muteView(mute: Mute, now: Timestamp) {
  return {
    ...muteFacts(mute),
    inForce: isInForce(mute, now),
    inForceUntil: toIsoOrNull(endOf(mute, now)),
    nextAt: toIsoOrNull(nextStart(mute, now)),
  };
}

/** What does not change with the time. */
export function muteFacts(mute: Mute) {
  return {
    id: mute.id,
    watch: mute.watch,
    project: mute.project,
    instance: mute.instance,
    target: mute.target,
    job: mute.job,
    labels: mute.labels,
    events: mute.events,
    createdAt: toIsoOrNull(mute.createdAt),
    until: toIsoOrNull(mute.until),
    every: mute.recurs?.schedule ?? null,
    timeZone: mute.recurs?.timeZone ?? null,
    forMs: mute.recurs?.forMs ?? null,
    author: mute.author,
    reason: mute.reason,
    removedAt: toIsoOrNull(mute.removed?.at ?? null),
    removedBy: mute.removed?.by ?? null,
  };
}
