import type { Clock } from '../clock.ts';
import { partsOfKey } from '../domain/event/alert.ts';
import { EVENT_KINDS } from '../domain/event/event-kinds.ts';
import type { ChannelSubject, WatchSubject } from '../domain/event/subject.ts';
import { toError } from '../errors.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { AlertStore } from '../store/ports/alerts.ts';
import { closeUnasked } from './close-unasked.ts';
import type { Recorder } from './record/recorder.ts';
import { FAILING_SINCE } from './watch/journal/failing-memory.ts';

/** Names of the watches and channels that are configured. */
export interface Configured {
  watches: readonly string[];
  channels: readonly string[];
}

/** What looking after departures works with. */
export interface DeparturesDeps {
  store: Pick<AlertStore, 'readAlerts' | 'alertEvent'>;
  recorder: Pick<Recorder, 'recordAlert' | 'recordAlertState'>;
  clock: Pick<Clock, 'now'>;
  faultLog: FaultLog;
  /** The last poll of a watch that has left may still be under way, and raise or close something itself. */
  isRunning: (watch: string) => boolean;
  /** All replicas go by the same configuration: what is not in it is in none. Always so unless given. */
  areAgreed?: () => boolean;
  /** What was told of the channel is closed. */
  onChannelClosed: (channel: string) => void;
}

/** Closes what was told of a watch or a channel that has left the configuration, so that nobody is called for it and it may return clean. */
export interface Departures {
  /** These are configured from now on. */
  apply(configured: Configured): void;
  /** A sign of life from outside, about once a second: closes what there is to close. */
  beat(): void;
  /** Begins nothing any more, and lets what is in hand end. */
  stop(): Promise<void>;
}

/** Looks once after each change of the configuration; a store that fails then is asked again. */
export function createDepartures(deps: DeparturesDeps): Departures {
  let pending: Configured | null = null;
  let inForce: Configured = { watches: [], channels: [] };
  let inHand: Promise<void> | null = null;
  let isStopped = false;

  const look = async (configured: Configured): Promise<void> => {
    try {
      const isComplete = await closeDeparted(deps, () => inForce);
      if (isComplete && pending === configured) pending = null;
      deps.faultLog.clear('departures', 'What has left the configuration is closed');
    } catch (thrown) {
      const err = toError(thrown);
      const message = `What was told of something that has left the configuration could not be closed: ${err.message}`;
      deps.faultLog.report('departures', message, { err }, 'error');
    }
  };
  return {
    apply: (configured) => {
      pending = configured;
      inForce = configured;
    },
    beat: () => {
      if (isStopped || pending === null || inHand !== null || deps.areAgreed?.() === false) return;
      inHand = look(pending).finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      await inHand;
    },
  };
}

/**
 * Closes every alert of a watch or a channel that is not configured, with an event that says so.
 * @param configured is asked anew for each alert: what has returned meanwhile keeps its own.
 * @returns whether that were all: false while a watch that has left still runs.
 * @throws {StoreError}
 */
export async function closeDeparted(
  deps: Omit<DeparturesDeps, 'faultLog'>,
  configured: () => Configured,
): Promise<boolean> {
  const { recorder, clock } = deps;
  let isComplete = true;
  for (const [key, since] of await deps.store.readAlerts()) {
    const { name, about } = partsOfKey(key);
    const { watches, channels } = configured();
    const alert = { key, since, now: clock.now(), summaryOf: leftWords };
    // A fork of the log stays one, whatever is configured.
    if (name === 'audit_forked') continue;
    if (name === 'channel_failing') {
      if (channels.includes(about)) continue;
      await closeUnasked(deps, { ...alert, name: 'channel_recovered' });
      deps.onChannelClosed(about);
    } else if (!watches.includes(about)) {
      if (deps.isRunning(about)) isComplete = false;
      else if (name === FAILING_SINCE) await recorder.recordAlertState({ clear: key }, clock.now());
      else await closeUnasked(deps, { ...alert, name: 'watch_recovered' });
    }
  }
  return isComplete;
}

function leftWords(leaving: WatchSubject | ChannelSubject): string {
  return leaving.kind === 'channel'
    ? EVENT_KINDS.channel_recovered.summary({ channel: leaving.channel, left: 'unconfigured' })
    : EVENT_KINDS.watch_recovered.summary({ watch: leaving.watch, left: 'unconfigured' });
}
