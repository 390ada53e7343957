import { EventEmitter } from 'node:events';
import type { EventName } from './domain/event/event.ts';
import type { PlannedEvent } from './domain/event/plan.ts';
import type { SourceError } from './errors.ts';
import type { Logger } from './logging/logger.ts';

/** What the watcher tells about itself while it works. The one documented map; health, metrics and the demo listen. */
export interface WatcherSignals {
  /** A poll of one watch has ended. */
  'poll:finished': {
    watch: string;
    outcome: 'ok' | 'failed';
    /** The watch was read; false as well for a poll of just what runs, which says nothing about the rest. */
    hasRead: boolean;
    durationMs: number;
    /** Jobs that were read. */
    jobs: number;
    /** Observations that changed. */
    changes: number;
    /** Any of the watch's jobs is unfinished. */
    running: boolean;
    error: SourceError | Error | null;
  };
  /** Something is being written that these channels are owed by it; whoever claims now may get it in the same commit. Perhaps it comes to nothing. */
  'deliveries:coming': { channels: readonly string[] };
  /** Something is owed to these channels. */
  'deliveries:owed': { channels: readonly string[] };
  /** Something that these channels were owed was given up, by this process or another. */
  'deliveries:given_up': { channels: readonly string[] };
  /** A replica, perhaps this one, has given up units of work, or handed them over. */
  'leases:given_up': Record<never, never>;
  /** An event was recorded. `hasHappened`: false for one that was made on purpose, or is told again. */
  'event:recorded': {
    watch: string;
    name: EventName;
    eventId: string;
    hasHappened: boolean;
    /** The whole event, and what was decided about it. */
    planned: PlannedEvent;
  };
  /** A delivery attempt has ended. `latencyMs`: from detected (with a digest: from its slot) to accepted. */
  'delivery:recorded': {
    channel: string;
    /** Who alone was owed it; `null`: the channel. */
    recipient: string | null;
    outcome: 'delivered' | 'retry' | 'given_up';
    latencyMs: number | null;
    eventId: string;
    /** What the receiver said, or what went wrong; without secrets. */
    detail: string;
  };
  /** A job was found that was not known, and the activity feed of its project had told of it in time, or not. */
  'feed:judged': { watch: string; isTold: boolean };
  /** The configuration was read again; `failed`: it has faults, and the one before stays in force. */
  'config:reloaded': { outcome: 'ok' | 'failed' };
  /** The audit log was signed as it stands. */
  'audit:signed': Record<never, never>;
  /** A witness has cosigned the last one. */
  'audit:cosigned': Record<never, never>;
  /** The store has lost entries that it had, and all that was written with them. */
  'store:rolled_back': { hadEntries: number };
  /** That is told in the log, by an entry `store.rolled_back`. */
  'audit:rolled_back': Record<never, never>;
  /** The first page has begun to listen, or the last one has gone. */
  'pages:watched': { isWatched: boolean };
  /** Audit entries were written. */
  'audit:written': Record<never, never>;
}

export interface Signals {
  emit<Name extends keyof WatcherSignals>(name: Name, payload: WatcherSignals[Name]): void;
  /** Returns the function that ends it. */
  on<Name extends keyof WatcherSignals>(
    name: Name,
    listener: (payload: WatcherSignals[Name]) => void,
  ): () => void;
}

/** A listener that throws is logged and cannot break the loop. */
export function createSignals(logger: Logger): Signals {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    emit: (name, payload) => {
      emitter.emit(name, payload);
    },
    on: (name, listener) => {
      const guarded = (payload: Parameters<typeof listener>[0]): void => {
        try {
          listener(payload);
        } catch (error) {
          logger.error('A listener failed', { signal: name, err: error });
        }
      };
      emitter.on(name, guarded);
      return () => emitter.off(name, guarded);
    },
  };
}
