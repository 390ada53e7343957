import type { Clock } from '../clock.ts';
import { channelSilenceMs, isTooLongForChannel } from '../domain/telling/silence.ts';
import type { DeliveryError } from '../errors.ts';

/** Spaces out the requests to each receiver, and keeps the silence that one has asked for. One limiter is shared by all channels. */
export interface ReceiverLimiter {
  /**
   * Takes the receiver's next turn, `intervalMs` after the one before, and waits for it. Rejects with the signal's reason when that
   * aborts first; the turn is then lost.
   */
  turn(receiver: string, intervalMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Notes what the receiver said to a request sent at `sentAt` (monotonic); `null`: it has accepted. A refusal may begin a silence, and
   * an acceptance of what was sent since ends it.
   */
  note(receiver: string, fault: DeliveryError | null, sentAt: number): void;
  /** How much of the silence is left, in milliseconds. */
  pausedMs(receiver: string): number;
}

interface Receiver {
  nextTurnAt: number;
  pausedAt: number;
  pausedUntil: number;
  longSilencesInARow: number;
}

/**
 * Creates a limiter that knows no receiver yet. A receiver is whatever counts our requests together: an address, or an address with a
 * key; two channels may have the same one. Turns come in the order in which they were asked for. Goes by the monotonic clock.
 */
export function createReceiverLimiter(clock: Pick<Clock, 'monotonic' | 'sleep'>): ReceiverLimiter {
  const receivers = new Map<string, Receiver>();
  const known = (name: string): Receiver => {
    const never = Number.NEGATIVE_INFINITY;
    const fresh = { nextTurnAt: never, pausedAt: never, pausedUntil: never, longSilencesInARow: 0 };
    const receiver = receivers.get(name) ?? fresh;
    receivers.set(name, receiver);
    return receiver;
  };
  return {
    turn: async (name, intervalMs, signal) => {
      signal.throwIfAborted();
      const receiver = known(name);
      const now = clock.monotonic();
      const at = Math.max(now, receiver.nextTurnAt);
      receiver.nextTurnAt = at + intervalMs;
      if (at > now) await clock.sleep(Math.ceil(at - now), signal);
    },
    note: (name, fault, sentAt) => {
      const receiver = known(name);
      if (fault !== null) noteRefusal(receiver, fault, clock.monotonic());
      else if (sentAt > receiver.pausedAt) {
        receiver.pausedUntil = Number.NEGATIVE_INFINITY;
        receiver.longSilencesInARow = 0;
      }
    },
    pausedMs: (name) => Math.max(0, known(name).pausedUntil - clock.monotonic()),
  };
}

/** A shorter silence does not cut a longer one short. */
function noteRefusal(receiver: Receiver, { reason, retryAfterMs }: DeliveryError, now: number): void {
  if (isTooLongForChannel(retryAfterMs)) receiver.longSilencesInARow += 1;
  const silenceMs = channelSilenceMs({
    retryAfterMs,
    isTooFast: reason === 'rate_limited',
    longOnesInARow: receiver.longSilencesInARow,
  });
  if (silenceMs === 0) return;
  receiver.pausedAt = now;
  receiver.pausedUntil = Math.max(receiver.pausedUntil, now + silenceMs);
}
