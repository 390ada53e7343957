import type { Notifier } from '../../channels/notifier.ts';
import type { Signals } from '../../signals.ts';
import { type Haste, Reconciler } from '../reconciler.ts';
import { type ChannelWorker, type ChannelWorkerDeps, startChannelWorker } from './channel-worker.ts';

/**
 * A send in hand gets this long to end: one that is cut short may be sent twice. At a change of the configuration it gets longer than
 * most receivers take to answer; longer still, and one that hangs would keep the new configuration from being used.
 */
const SEND_GRACE_MS: Readonly<Record<Haste, number>> = { change: 60_000, end: 6_000 };

/** The workers of all channels. Something that is owed to a channel wakes its worker. */
export interface ChannelSet {
  /**
   * Delivers through these notifiers from now on. A worker whose notifier is the same object goes on. Another one for the same channel begins
   * when the send in hand has ended. Resolves when those that went have ended, and their notifiers may be closed.
   */
  apply(notifiers: readonly Notifier[]): Promise<void>;
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** See `ChannelStatus.waitsForMs`. */
  waitsForMs(channel: string): number | null;
  /** Claims nothing more, and ends the sends in hand. Safe to call while `apply` is under way. */
  stop(): Promise<void>;
}

/** What the workers work with. */
export interface ChannelSetDeps extends Omit<ChannelWorkerDeps, 'notifier'> {
  signals: Signals;
}

/** Creates a set that delivers through nothing until notifiers are applied. */
export function createChannelSet(deps: ChannelSetDeps): ChannelSet {
  const { clock, faultLog } = deps;
  const workers = new Reconciler<Notifier, ChannelWorker>({
    clock,
    faultLog,
    noun: 'channel',
    isSame: (running, wanted) => running === wanted,
    start: (notifier) => startChannelWorker({ ...deps, notifier }),
    stop: (worker, haste) => worker.stop(SEND_GRACE_MS[haste]),
  });

  const wake = ({ channels }: { channels: readonly string[] }): void => {
    for (const channel of channels) workers.actorOf(channel)?.wake();
  };
  // While it is written, so that it is claimed in the same commit; and when it is, for that may have failed or come too late.
  const unsubscribes = [deps.signals.on('deliveries:coming', wake), deps.signals.on('deliveries:owed', wake)];

  return {
    apply: (notifiers) => workers.apply(new Map(notifiers.map((notifier) => [notifier.channel, notifier]))),
    beat: () => workers.look(),
    waitsForMs: (channel) => workers.waitingMs(channel),
    stop: async () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      await workers.stop();
    },
  };
}
