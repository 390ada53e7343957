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
import { type MutableWatch, unreachedBy } from '../domain/telling/mute-reach.ts';
import type { MuteStore } from '../store/ports/mutes.ts';
import type { RecordReader } from '../store/ports/records.ts';
import type { AddedMute } from './records/records.ts';
import { resolveJobId } from './resolve-id.ts';

/**
 * Keeps a mute that somebody asks for, of the job that is meant.
 * @throws {AmbiguousId} UnfitId: then nothing was kept.
 */
export async function addMute(
  store: Pick<MuteStore, 'addMute'> &
    Pick<RecordReader, 'findJobIds' | 'findDeliveryIds' | 'listObservations'>,
  asked: AskedMute,
  { now, watches }: { now: Timestamp; watches: readonly MutableWatch[] },
): Promise<AddedMute> {
  const { job } = asked;
  const meant = job === null || job.includes('*') ? job : await resolveJobId(store, job);
  const mute = await store.addMute(muteRequest({ ...asked, job: meant }, now));
  const warnings = unreachedBy(mute, watches).map(({ what, wanted, known }) => {
    const others = known.length === 0 ? 'none is known' : `there are ${listed(known)}`;
    return `no watch that is configured has the ${what} ${JSON.stringify(wanted)}: it may keep nothing from anybody (${others})${suggestion(wanted, known)}`;
  });
  return { mute, warnings };
}

/** A mute, and when it is in force as of `now`. */
export function muteView(mute: Mute, now: Timestamp): Readonly<Record<string, unknown>> {
  return {
    ...muteFacts(mute),
    inForce: isInForce(mute, now),
    inForceUntil: toIsoOrNull(endOf(mute, now)),
    nextAt: toIsoOrNull(nextStart(mute, now)),
  };
}

/** What does not change with the time. */
export function muteFacts(mute: Mute): Readonly<Record<string, unknown>> {
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
