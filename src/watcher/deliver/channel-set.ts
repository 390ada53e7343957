import type { Notifier } from '../../channels/notifier.ts';
import { channelUnit } from '../../domain/replicas/unit.ts';
import type { Signals } from '../../signals.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import { type Hold, type Leases, underHold } from '../leases/leases.ts';
import { type Haste, Reconciler } from '../reconciler.ts';
import { type ChannelWorker, type ChannelWorkerDeps, startChannelWorker } from './channel-worker.ts';
import { sendingOnlyOurs } from './only-ours.ts';

/**
 * A send in hand gets this long to end: one that is cut short may be sent twice. At a change of the configuration it gets longer than
 * most receivers take to answer; longer still, and one that hangs would keep the new configuration from being used. What another replica
 * sends by now is cut short at once.
 */
const SEND_GRACE_MS: Readonly<Record<Haste, number>> = { change: 60_000, end: 6_000, lost: 0 };

/** The workers of all channels. Something that is owed to a channel wakes its worker. */
export interface ChannelSet {
  /**
   * Delivers through these notifiers from now on. A worker whose notifier is the same object goes on. Another one for the same channel begins
   * when the send in hand has ended. Resolves when those that went have ended, and their notifiers may be closed.
   */
  apply(notifiers: readonly Notifier[]): Promise<void>;
  /** Delivers for the channels that are ours by now, and for no others. */
  follow(haste: Haste): void;
  /** Resolves when nothing is in hand of a channel that is ours no more. */
  ended(channel: string): Promise<void>;
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** See `ChannelStatus.waitsForMs`. */
  waitsForMs(channel: string): number | null;
  /** Claims nothing more, and ends the sends in hand. Safe to call while `apply` is under way. */
  stop(): Promise<void>;
}

/** What the workers work with. */
export interface ChannelSetDeps
  extends Omit<ChannelWorkerDeps, 'notifier' | 'store' | 'recorder' | 'recorderNow' | 'abandon'> {
  store: LeasedStore;
  recorder: LeasedRecorder;
  leases: Leases;
  signals: Signals;
}

/** What a worker writes with, under the lease on its channel. */
type LeasedStore = ChannelWorkerDeps['store'] & { under(lease: Lease): LeasedStore };
type LeasedRecorder = ChannelWorkerDeps['recorder'] & { under(lease: Lease): LeasedRecorder };

/** What a worker works by. */
interface Spec {
  notifier: Notifier;
  hold: Hold;
}

/** Creates a set that delivers through nothing until notifiers are applied. */
export function createChannelSet(deps: ChannelSetDeps): ChannelSet {
  const { clock, faultLog, store, recorder, leases } = deps;
  const workers = new Reconciler<Spec, ChannelWorker>({
    clock,
    faultLog,
    noun: 'channel',
    isSame: (running, wanted) => running.notifier === wanted.notifier && running.hold === wanted.hold,
    start: ({ notifier, hold }) =>
      startChannelWorker({
        ...deps,
        store: underHold(store, hold),
        recorder: underHold(recorder, hold),
        recorderNow: () => {
          const now = leases.holdOf(hold.unit);
          return now && underHold(recorder, now);
        },
        notifier: sendingOnlyOurs(notifier, hold),
      }),
    // Only with the process: whoever claims next would send again what was accepted, unless that is recorded first.
    stop: (worker, haste) => worker.stop(SEND_GRACE_MS[haste], { givesUp: haste === 'end' }),
  });

  let configured: readonly Notifier[] = [];
  const ours = (): Map<string, Spec> =>
    new Map(
      configured.flatMap((notifier) => {
        const hold = leases.holdOf(channelUnit(notifier.channel));
        return hold === null ? [] : [[notifier.channel, { notifier, hold }] as const];
      }),
    );
  const wake = ({ channels }: { channels: readonly string[] }): void => {
    for (const channel of channels) workers.actorOf(channel)?.wake();
  };
  // While it is written, so that it is claimed in the same commit; and when it is, for that may have failed or come too late.
  const unsubscribes = [deps.signals.on('deliveries:coming', wake), deps.signals.on('deliveries:owed', wake)];

  return {
    apply: (notifiers) => {
      configured = notifiers;
      return workers.apply(ours());
    },
    follow: (haste) => void workers.apply(ours(), haste),
    ended: (channel) => workers.ended(channel),
    beat: () => workers.look(),
    waitsForMs: (channel) => workers.waitingMs(channel),
    stop: async () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      await workers.stop();
    },
  };
}
