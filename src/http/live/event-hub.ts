import type { Clock } from '../../clock.ts';
import { toCloudEvent } from '../../domain/event/cloud-event.ts';
import type { EventName, WatcherEvent } from '../../domain/event/event.ts';
import { hasHappened, isOnlyByName } from '../../domain/event/event.ts';
import { watchOf } from '../../domain/event/subject.ts';
import { wellFormedJson } from '../../domain/well-formed.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import { createLooker } from './looker.ts';
import type { Stream } from './stream.ts';

/** Which events a listener wants. */
export interface EventWish {
  watch: string | undefined;
  event: EventName | undefined;
  /** Also what is only told again, and samples. */
  all: boolean;
}

/** What events are handed on from. */
export interface EventHubDeps {
  store: Pick<RecordReader, 'eventsAfter' | 'lastPlace'>;
  /** Calls back when something was recorded; returns what ends that. */
  onChange(listener: () => void): () => void;
  /** Where people reach the page, without a slash at its end; `null`: nobody has told. A reload may change it. */
  publicUrl(): string | null;
  /** Hears of a look at the store that failed, and of one that did not. */
  onOutcome(error: unknown | null): void;
  clock: Pick<Clock, 'monotonic'>;
}

/** Hands recorded events on to whoever listens: each reads the record on from its own place, as fast as it takes what it gets. */
export interface EventHub {
  /** True when nobody further may listen. */
  isFull(): boolean;
  /** Hands on everything behind this place of the record, and what comes. */
  join(place: number, wish: EventWish, stream: Stream): void;
  /** Ends every stream, and lets nobody in any more. */
  close(): void;
}

const MOST_LISTENERS = 20;
/** Events that are read at once. */
const PAGE = 200;
/** Milliseconds between two looks when nothing tells of a change: of what other replicas record, nothing may. */
const LOOK_MS = 1_000;
/** What is recorded together is read together. Milliseconds. */
const SOON_MS = 20;

interface Listener {
  place: number;
  readonly wish: EventWish;
  readonly stream: Stream;
  isReading: boolean;
}

/** Makes a hub that does nothing, and has no timer, while nobody listens. */
export function createEventHub({ store, onChange, publicUrl, onOutcome, clock }: EventHubDeps): EventHub {
  const listeners = new Set<Listener>();
  let isClosed = false;
  let unsubscribe: (() => void) | null = null;

  const wakeThoseBehind = async (): Promise<void> => {
    // Whoever reads on meanwhile may come to a place behind the one that is asked for here.
    const before = new Map([...listeners].map((listener) => [listener, listener.place]));
    const last = await store.lastPlace();
    for (const listener of listeners) {
      if (listener.isReading) continue;
      // A database that was put back to an earlier state goes on from there.
      if ((before.get(listener) ?? 0) > last) listener.place = last;
      if (listener.place < last) void readOn(listener);
    }
  };
  const looker = createLooker({
    look: () => wakeThoseBehind().then(() => onOutcome(null), onOutcome),
    ...{ everyMs: LOOK_MS, isWanted: () => !isClosed && listeners.size > 0, clock },
  });
  const readOn = async (listener: Listener): Promise<void> => {
    listener.isReading = true;
    try {
      let hasMore = true;
      while (hasMore && listeners.has(listener) && (await listener.stream.hasRoom())) {
        const page = await store.eventsAfter(listener.place, PAGE);
        for (const { place, event } of page) {
          if (isWanted(event, listener.wish)) send(listener.stream, event, publicUrl());
          listener.place = place;
        }
        hasMore = page.length === PAGE;
      }
      onOutcome(null);
    } catch (error) {
      // The next look tries again, from the same place.
      onOutcome(error);
    } finally {
      listener.isReading = false;
    }
  };

  return {
    isFull: () => isClosed || listeners.size >= MOST_LISTENERS,
    join: (place, wish, stream) => {
      const listener: Listener = { place, wish, stream, isReading: false };
      listeners.add(listener);
      unsubscribe ??= onChange(() => looker.within(SOON_MS));
      stream.onGone(() => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        looker.rest();
        unsubscribe?.();
        unsubscribe = null;
      });
      looker.within(0);
    },
    close: () => {
      isClosed = true;
      looker.rest();
      for (const { stream } of listeners) stream.end();
    },
  };
}

function isWanted(event: WatcherEvent, { watch, event: name, all }: EventWish): boolean {
  if (watch !== undefined && watchOf(event) !== watch) return false;
  if (name !== undefined && event.name !== name) return false;
  return all || hasHappened(event) || (name !== undefined && isOnlyByName(name) && !event.test);
}

function send(stream: Stream, event: WatcherEvent, publicUrl: string | null): void {
  stream.send(event.name, wellFormedJson(toCloudEvent(event, publicUrl)), event.id);
}
