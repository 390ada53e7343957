import assert from 'node:assert/strict';
import type { WatcherEvent } from '../domain/event/event.ts';
import { shortTime } from '../domain/local-time.ts';
import { summarizeDigest } from '../domain/telling/digest.ts';
import { rankOf } from './severity-mark.ts';

/** How a message about several events begins. Nothing in it is from Atlas. */
export interface ListTitle {
  title: string;
  /** What gives the message its colour and its sign. */
  worst: WatcherEvent;
}

/** Of at least one event. */
export type ListTitler = (events: readonly WatcherEvent[], timeZone: string | null) => ListTitle;

/** Of what happened to be due together: `3 events about restores`. */
export const titleOfList: ListTitler = (events) => {
  const [worst] = events.toSorted((a, b) => rankOf(b) - rankOf(a));
  assert(worst, 'a list of nothing');
  return { title: `${events.length} events about restores`, worst };
};

/** Of what was gathered: `Restores since Tue 07:12: 1 failed, 3 finished`. */
export const titleOfDigest: ListTitler = (events, timeZone) => {
  const { counts, worst, from, to } = summarizeDigest(events);
  return { title: `Restores since ${shortTime(from, timeZone, to)}: ${counts}`, worst };
};
