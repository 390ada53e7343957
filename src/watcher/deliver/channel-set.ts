import type { Notifier } from '../../channels/notifier.ts';
import type { Signals } from '../../signals.ts';
import { type ChannelWorker, type ChannelWorkerDeps, startChannelWorker } from './channel-worker.ts';

/** A send in hand at shutdown gets this long: one that is cut short may be sent twice. */
const SEND_GRACE_MS = 6_000;
/** At a change of the configuration nothing hurries: longer than any send may take. */
const CHANGE_GRACE_MS = 60_000;

/** The workers of all channels. Something that is owed to a channel wakes its worker. */
export interface ChannelSet {
  /**
   * Delivers through these notifiers from now on. A worker whose notifier is the same object goes on. Another one for the same channel begins
   * when the send in hand has ended. Resolves when those that went have ended, and their notifiers may be closed.
   */
  apply(notifiers: readonly Notifier[]): Promise<void>;
  /** Claims nothing more, and ends the sends in hand. Safe to call while `apply` is under way. */
  stop(): Promise<void>;
}

/** What the workers work with. */
export interface ChannelSetDeps extends Omit<ChannelWorkerDeps, 'notifier'> {
  signals: Signals;
}

/** Creates a set that delivers through nothing until notifiers are applied. */
export function createChannelSet(deps: ChannelSetDeps): ChannelSet {
  const workers = new Map<string, ChannelWorker>();
  let isStopped = false;

  const begin = (notifier: Notifier): void => {
    if (!isStopped) workers.set(notifier.channel, startChannelWorker({ ...deps, notifier }));
  };

  const unsubscribe = deps.signals.on('deliveries:owed', ({ channels }) => {
    for (const channel of channels) workers.get(channel)?.wake();
  });

  return {
    apply: async (notifiers) => {
      const next = new Map(notifiers.map((notifier) => [notifier.channel, notifier]));
      const ending = [...workers.values()].filter(({ notifier }) => next.get(notifier.channel) !== notifier);
      for (const notifier of notifiers) if (!workers.has(notifier.channel)) begin(notifier);
      await Promise.all(
        ending.map(async (worker) => {
          const { channel } = worker.notifier;
          await worker.stop(CHANGE_GRACE_MS);
          workers.delete(channel);
          const successor = next.get(channel);
          if (successor) begin(successor);
        }),
      );
    },
    stop: async () => {
      isStopped = true;
      unsubscribe();
      await Promise.all([...workers.values()].map((worker) => worker.stop(SEND_GRACE_MS)));
    },
  };
}
