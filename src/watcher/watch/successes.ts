import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { StoreError } from '../../errors.ts';
import type { Signals } from '../../signals.ts';
import type { JobStore } from '../../store/ports/jobs.ts';

/** A poll that finds nothing writes nothing: so when watches were polled is written down so often, for all of them together. */
const NOTE_EVERY_MS = 60_000;

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
  const end = signals.on('poll:finished', ({ watch, outcome }) => {
    if (outcome === 'ok') unwritten.set(watch, clock.now());
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
      await store.noteSuccesses(noting);
    } catch (thrown) {
      // The guard of the store tells of it. What came meanwhile is newer.
      if (!(thrown instanceof StoreError)) throw thrown;
      unwritten = new Map([...noting, ...unwritten]);
    }
  };

  return {
    beat: () => {
      if (clock.monotonic() - notedMono < NOTE_EVERY_MS) return;
      notedMono = clock.monotonic();
      void note();
    },
    stop: async () => {
      end();
      await note();
    },
  };
}
