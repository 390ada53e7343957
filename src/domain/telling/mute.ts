import { type EventName, kindOf, type WatcherEvent } from '../event/event.ts';
import { watchOf } from '../event/subject.ts';
import type { Timestamp } from '../instant.ts';
import { matchesGlob } from './glob.ts';

/** For a while nobody is told of what happens on some watches. It ends by itself. */
export interface Mute {
  /** Given by the store, from 1. */
  id: number;
  /** Name of a watch, or a `*` glob over the names. */
  watch: string;
  /** `null`: all but those about the watching itself (see `mutedBy`). */
  events: readonly EventName[] | null;
  createdAt: Timestamp;
  /** The first instant at which it is over, unless it is removed before. */
  until: Timestamp;
  author: string;
  reason: string;
  /** Who ended it early, and when; `null`: nobody. */
  removed: { at: Timestamp; by: string } | null;
}

/** A mute before the store has it. */
export type MuteRequest = Omit<Mute, 'id' | 'removed'>;

/** Longer than that is no pause but a change of routes. In milliseconds. */
export const LONGEST_MUTE_MS = 30 * 86_400_000;

/** What a mute can name. */
export function isMutable(name: EventName): boolean {
  return kindOf(name).mutedBy !== 'none';
}

/** True from when the mute is kept until it ends or is removed. */
export function isInForce({ until, removed }: Mute, now: Timestamp): boolean {
  return removed === null && now < until;
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
    .filter((mute) => isInForce(mute, now) && covers(mute, event))
    .toSorted((a, b) => b.until - a.until || a.id - b.id);
  return longest;
}

function covers({ watch: glob, events }: Mute, event: Pick<WatcherEvent, 'name' | 'subject'>): boolean {
  const { name } = event;
  const watch = watchOf(event);
  if (watch === null || !isMutable(name) || !matchesGlob(glob, watch)) return false;
  return events === null ? kindOf(name).mutedBy === 'any' : events.includes(name);
}
