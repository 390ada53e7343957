import type { Notifier, Receipt } from '../../channels/notifier.ts';
import type { Clock } from '../../clock.ts';
import { isTooLongForChannel } from '../../domain/telling/silence.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { ClaimedDelivery, Outbox } from '../../store/ports/outbox.ts';
import type { AttemptEnd } from '../record/attempt.ts';
import type { SendEnd } from './confidence.ts';
import { acceptedOutcome, refusedOutcome } from './outcome.ts';

/** What sends are made with. */
export interface SendDeps {
  store: Pick<Outbox, 'lastAcceptedAt'>;
  notifier: Notifier;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}

/** How a message was sent, and what became of its deliveries. */
export interface Sent {
  /** For each delivery, how its attempt ended. */
  ends: AttemptEnd[];
  /** How it has gone, for all of them. */
  how: SendEnd;
  /** Its content was refused, as far as the receiver says. */
  isRejected: boolean;
}

/**
 * Sends a batch as one message, and says what that comes to. Records nothing. What was not sent at all is released: it was no attempt.
 * Aborting `signal` cuts it short: what it tells is then owed as before.
 */
export async function sendMessage(
  deps: SendDeps,
  send: Notifier['send'],
  batch: readonly ClaimedDelivery[],
  signal: AbortSignal,
): Promise<Sent> {
  const leftOut = [...new Set(batch.flatMap(({ apart, behind }) => [...apart, ...behind]))];
  const receipt = await ask(send, batch, leftOut, signal);
  const at = deps.clock.now();
  if (!(receipt instanceof Error)) {
    const { wasSent = true } = receipt;
    const context = { at, random: deps.random(), leftOut };
    const ends = batch.map((delivery) => ({
      delivery,
      outcome: acceptedOutcome(delivery, receipt, context),
      wasSent,
    }));
    return { ends, how: wasSent ? 'accepted' : 'nothing_to_send', isRejected: false };
  }
  if (receipt instanceof DeliveryError && !receipt.wasTried) {
    const ends = batch.map((delivery) => ({
      delivery,
      outcome: { id: delivery.id, kind: 'released' as const, at },
      wasSent: false,
    }));
    return { ends, how: 'released', isRejected: false };
  }
  const isRejected = receipt instanceof DeliveryError && receipt.reason === 'rejected';
  return { ...(await refused(deps, batch, receipt, { leftOut, signal })), isRejected };
}

/** What a refusal comes to. One time and one chance for all deliveries of the message: so they come back together, as the one message they were. */
async function refused(
  deps: SendDeps,
  batch: readonly ClaimedDelivery[],
  error: Error,
  { leftOut, signal }: { leftOut: readonly string[]; signal: AbortSignal },
): Promise<Pick<Sent, 'ends' | 'how'>> {
  const retryAfterMs = error instanceof DeliveryError ? error.retryAfterMs : undefined;
  const isTooLong = isTooLongForChannel(retryAfterMs);
  const isDoubtful = error instanceof DeliveryError && error.mayBeMishap;
  const refusal = {
    at: deps.clock.now(),
    random: deps.random(),
    leftOut,
    wasCut: signal.aborted,
    lastAcceptedAt: isDoubtful ? await deps.store.lastAcceptedAt(deps.notifier.channel) : null,
    silenceMs: deps.notifier.pausedMs?.() ?? (isTooLong ? 0 : (retryAfterMs ?? 0)),
  };
  const ends = batch.map((delivery) => ({
    delivery,
    outcome: refusedOutcome(delivery, error, refusal),
    wasSent: true,
  }));
  const hasTimedOut = error instanceof DeliveryError && error.reason === 'timeout';
  return { ends, how: isTooLong ? 'refused_long' : hasTimedOut ? 'timed_out' : 'refused' };
}

/** What the receiver said, or what went wrong. */
async function ask(
  send: Notifier['send'],
  batch: readonly ClaimedDelivery[],
  leftOut: readonly string[],
  signal: AbortSignal,
): Promise<Receipt | Error> {
  if (signal.aborted)
    return new DeliveryError('timeout', 'stopped before it was sent', { retryable: true, wasTried: false });
  try {
    const notices = batch.map(({ id, event, recipient, isUrgent }) => ({
      deliveryId: id,
      event,
      isUrgent,
      ...(recipient === null ? {} : { onlyTo: recipient }),
      ...(leftOut.length === 0 ? {} : { notTo: leftOut }),
    }));
    return await send(notices, signal);
  } catch (thrown) {
    return toError(thrown);
  }
}
