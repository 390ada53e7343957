import { type EventName, kindOf, type WatcherEvent } from '../event/event.ts';
import { isOfWatch, jobOf, placeOf, watchOf } from '../event/subject.ts';
import type { Timestamp } from '../instant.ts';
import { type CronSchedule, lastSlot, nextSlot } from '../schedule/slots.ts';
import { fits } from './glob.ts';

/** What a mute covers: what fits all of it. Each text is a `*` glob; `null` leaves a thing open. */
export interface MuteScope {
  /** Name of a watch. */
  watch: string;
  /** Id of the project that is watched, or that the job belongs to. */
  project: string | null;
  /** The instance that the snapshot is from, or that is watched. */
  instance: string | null;
  /** The cluster that is restored to. An event without one is not covered. */
  target: string | null;
  /** Id of a job. An event about no job is not covered. */
  job: string | null;
  /** Every one of these must be on the watch. */
  labels: Readonly<Record<string, string>> | null;
  /** `null`: all but those about the watching itself (see `mutedBy`). */
  events: readonly EventName[] | null;
}

/** A mute that comes round: from each slot of the schedule on it is in force for so many milliseconds. */
export interface Recurrence extends CronSchedule {
  forMs: number;
}

/** For a while, or again and again for a while, nobody is told of some of what happens. */
export interface Mute extends MuteScope {
  /** Given by the store, from 1. */
  id: number;
  createdAt: Timestamp;
  /** The first instant at which it is over, unless it is removed before; `null`: it comes round until it is removed. */
  until: Timestamp | null;
  /** Not `null` where `until` is. */
  recurs: Recurrence | null;
  author: string;
  reason: string;
  /** Who ended it early, and when; `null`: nobody. */
  removed: { at: Timestamp; by: string } | null;
}

/** A mute before the store has it. */
export type MuteRequest = Omit<Mute, 'id' | 'removed'>;

/** A mute as people ask for it: from now on, or each time that the schedule comes round, for so many milliseconds. */
export interface AskedMute extends MuteScope {
  forMs: number;
  every: CronSchedule | null;
  author: string;
  reason: string;
}

/** What is kept of a mute that is asked for now. */
export function muteRequest({ forMs, every, ...rest }: AskedMute, now: Timestamp): MuteRequest {
  const recurs = every === null ? null : { ...every, forMs };
  return { ...rest, createdAt: now, until: recurs === null ? now + forMs : null, recurs };
}

/** A mute that names nothing, not even every watch. */
export const OPEN_SCOPE: MuteScope = {
  watch: '*',
  project: null,
  instance: null,
  target: null,
  job: null,
  labels: null,
  events: null,
};

/** Longer than that is no pause but a change of routes. In milliseconds. */
export const LONGEST_MUTE_MS = 30 * 86_400_000;

/** How far ahead a recurring mute is looked for: each day of the year but the 29th of February has come by then. */
const LOOK_AHEAD_MS = 366 * 86_400_000;

/** What a mute can name. */
export function isMutable(name: EventName): boolean {
  return kindOf(name).mutedBy !== 'none';
}

/** True when the mute will never be in force again. */
export function isOver({ until, removed }: Pick<Mute, 'until' | 'removed'>, now: Timestamp): boolean {
  return removed !== null || (until !== null && now >= until);
}

/** True while the mute keeps something from people: of one that comes round, only in its time. */
export function isInForce(mute: Mute, now: Timestamp): boolean {
  return endOf(mute, now) !== null;
}

/** The end of a mute that is in force, this time; `null`: it is not in force. */
export function endOf(mute: Mute, now: Timestamp): Timestamp | null {
  if (isOver(mute, now)) return null;
  return mute.recurs === null ? mute.until : endOfTime(mute.recurs, now);
}

/** When a mute that comes round and is not in force is in force next; `null`: it is in force, over, or does not come within a year. */
export function nextStart(mute: Mute, now: Timestamp): Timestamp | null {
  if (mute.recurs === null || isOver(mute, now) || isInForce(mute, now)) return null;
  return nextSlot(mute.recurs, now, now + LOOK_AHEAD_MS);
}

/** What was found last of each: many events are asked about at one time. */
const found = new WeakMap<Recurrence, { now: Timestamp; end: Timestamp | null }>();

function endOfTime(recurs: Recurrence, now: Timestamp): Timestamp | null {
  const known = found.get(recurs);
  if (known?.now === now) return known.end;
  const slot = lastSlot(recurs, now, now - recurs.forMs + 1);
  const end = slot === null ? null : slot + recurs.forMs;
  found.set(recurs, { now, end });
  return end;
}

/**
 * The mute that keeps the event from people at this time: of several the one that lasts longest. `null`: there is none.
 * `watch_failing` and `watch_recovered` are muted only where they are named, events about a channel never.
 */
export function mutedBy(
  event: Pick<WatcherEvent, 'name' | 'subject'>,
  mutes: readonly Mute[],
  now: Timestamp,
): Mute | null {
  const [longest = null] = mutes
    .filter((mute) => covers(mute, event))
    .flatMap((mute) => {
      const end = endOf(mute, now);
      return end === null ? [] : [{ mute, end }];
    })
    .toSorted((a, b) => b.end - a.end || a.mute.id - b.mute.id);
  return longest?.mute ?? null;
}

/** True when the event is one that the mute speaks of, whenever it may be in force. */
function covers(mute: MuteScope, event: Pick<WatcherEvent, 'name' | 'subject'>): boolean {
  const { name, subject } = event;
  if (!isOfWatch(subject) || !isMutable(name)) return false;
  const { instance: polled, labels } = subject;
  const job = jobOf(event);
  const place = placeOf(event);
  return (
    fits(mute.watch, watchOf(event)) &&
    fits(mute.project, job?.groupId, place?.groupId ?? polled.groupId) &&
    fits(mute.instance, job?.instanceName, place?.instanceName ?? polled.instanceName) &&
    fits(mute.target, job?.targetClusterName) &&
    fits(mute.job, job?.id) &&
    Object.entries(mute.labels ?? {}).every(([label, glob]) => fits(glob, labels[label])) &&
    (mute.events === null ? kindOf(name).mutedBy === 'any' : mute.events.includes(name))
  );
}
