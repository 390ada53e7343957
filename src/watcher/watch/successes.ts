import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { StoreError } from '../../errors.ts';
import type { Signals } from '../../signals.ts';
import type { JobStore } from '../../store/ports/jobs.ts';

/** A poll that finds nothing writes nothing: so when watches were polled is written down so often, for all of them together. */
const NOTE_EVERY_MS = 60_000;

/** The first success of a watch is written down sooner: who asks the store alone is not to hear that it was never polled. */
const NOTE_FIRST_MS = 1_000;

/** Writes down when each watch was last polled with success, so that the next process knows. */
export interface Successes {
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** Writes down what is left, and listens no more. */
  stop(): Promise<void>;
}

/** What successes are noted with. */
export interface SuccessesDeps {
  store: Pick<JobStore, 'noteSuccesses'>;
  clock: Clock;
  signals: Signals;
}

/** Begins to note. After a kill what the store says is a minute old at most, and never too late. */
export function createSuccesses({ store, clock, signals }: SuccessesDeps): Successes {
  let unwritten = new Map<string, Timestamp>();
  let notedMono = clock.monotonic();
  /** Watches of which a success of this process stands in the store. */
  const written = new Set<string>();
  const end = signals.on('poll:finished', ({ watch, hasRead }) => {
    if (hasRead) unwritten.set(watch, clock.now());
  });

  /** The write in hand; `null`: none is. */
  let writing: Promise<void> | null = null;
  /** One after the other: older times must not be written over newer ones, and the end waits for what was begun. */
  const note = async (): Promise<void> => {
    if (writing !== null) await writing;
    writing = write().finally(() => {
      writing = null;
    });
    await writing;
  };
  const write = async (): Promise<void> => {
    if (unwritten.size === 0) return;
    const noting = unwritten;
    unwritten = new Map();
    try {
      await store.noteSuccesses(noting, clock.now());
      for (const watch of noting.keys()) written.add(watch);
    } catch (thrown) {
      // The guard of the store tells of it. What came meanwhile is newer.
      if (!(thrown instanceof StoreError)) throw thrown;
      unwritten = new Map([...noting, ...unwritten]);
    }
  };

  return {
    beat: () => {
      const isFirst = unwritten.keys().some((watch) => !written.has(watch));
      if (clock.monotonic() - notedMono < (isFirst ? NOTE_FIRST_MS : NOTE_EVERY_MS)) return;
      notedMono = clock.monotonic();
      void note();
    },
    stop: async () => {
      end();
      await note();
    },
  };
}
