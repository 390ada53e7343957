import type { Receipt } from '../../channels/notifier.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { nextAfterMishap } from '../../domain/telling/mishap.ts';
import { nextAttempt } from '../../domain/telling/retry-policy.ts';
import { DeliveryError, type RecipientRefusal } from '../../errors.ts';
import type { ClaimedDelivery, DeliveryOutcome, RecipientOutcome } from '../../store/ports/outbox.ts';

/** When an attempt ended, and by what chance the next one is put off: the same for all deliveries of one message, so that they come back together. */
export interface AttemptContext {
  at: Timestamp;
  /** In [0, 1). */
  random: number;
  /** Recipients of the channel for whom the message was not. */
  leftOut: readonly string[];
}

/** What decides about an attempt that failed. */
export interface RefusalContext extends AttemptContext {
  /** The send was cut short: the delivery is due again at once. */
  wasCut: boolean;
  /** For how long the whole channel is silent from now on, in milliseconds. */
  silenceMs: number;
  /** When the channel last accepted something; `null`: never, or nobody needs to know. */
  lastAcceptedAt: Timestamp | null;
}

/** The outcome of an attempt that the receiver accepted, for one recipient at least. The others get deliveries of their own. */
export function acceptedOutcome(
  delivery: ClaimedDelivery,
  { detail, refused = [], wasSent }: Receipt,
  context: AttemptContext,
): DeliveryOutcome {
  const apart = [...leftOutOf(delivery, context), ...refused.map((one) => refusedRecipient(one, context))];
  return {
    id: delivery.id,
    kind: 'delivered',
    at: context.at,
    detail,
    wasSent: wasSent ?? true,
    ...withParts(apart),
  };
}

/** The outcome of an attempt that failed: tried again later, or given up. */
export function refusedOutcome(
  delivery: ClaimedDelivery,
  error: Error,
  context: RefusalContext,
): DeliveryOutcome {
  const { id, attemptsFinished, madeDue, triedMs } = delivery;
  const { at, random, wasCut, silenceMs, lastAcceptedAt } = context;
  const detail = describe(error);
  if (wasCut)
    return { id, kind: 'retry', at, nextAttemptAt: at, detail: `${detail} (shutting down)`, triedMs };
  const known = error instanceof DeliveryError ? error : null;
  const schedule = { attempts: attemptsFinished + 1, madeDue, now: at, random };
  const refusedSince = known?.mayBeMishap ? (delivery.refusedSince ?? at) : undefined;
  const verdict =
    refusedSince === undefined
      ? nextAttempt({
          ...schedule,
          retryable: known?.retryable ?? true,
          retryAfterMs: known?.retryAfterMs,
          triedMs,
        })
      : nextAfterMishap({ ...schedule, refusedSince, lastAcceptedAt });
  const quietUntil = silenceMs > 0 ? Math.ceil(at + silenceMs) : undefined;
  if (verdict.kind === 'give_up') {
    const apart = leftOutOf(delivery, context);
    return { id, kind: 'given_up', at, detail, quietUntil, ...withParts(apart) };
  }
  // Those refused for good are over; the attempts go on for the others.
  const lost = (known?.refused ?? []).filter(({ fault }) => !fault.retryable);
  const apart = lost.map((one) => refusedRecipient(one, context));
  const { nextAttemptAt } = verdict;
  return {
    id,
    kind: 'retry',
    at,
    nextAttemptAt,
    detail,
    triedMs,
    quietUntil,
    ...(refusedSince === undefined ? {} : { refusedSince }),
    ...withParts(apart),
  };
}

/** Who was left out because something earlier is still owed to them is owed this one apart from now on, and so behind it. */
function leftOutOf({ apart }: ClaimedDelivery, { leftOut }: AttemptContext): RecipientOutcome[] {
  return leftOut
    .filter((recipient) => !apart.includes(recipient))
    .map((recipient) => ({ recipient, kind: 'owed' }));
}

function refusedRecipient(
  { recipient, fault }: RecipientRefusal,
  { at, random }: AttemptContext,
): RecipientOutcome {
  const { retryable, retryAfterMs } = fault;
  const verdict = nextAttempt({
    retryable,
    retryAfterMs,
    attempts: 1,
    madeDue: 0,
    triedMs: 0,
    now: at,
    random,
  });
  const detail = describe(fault);
  return verdict.kind === 'retry'
    ? { recipient, kind: 'retry', nextAttemptAt: verdict.nextAttemptAt, detail }
    : { recipient, kind: 'given_up', detail };
}

function withParts(apart: readonly RecipientOutcome[]): { apart?: readonly RecipientOutcome[] } {
  return apart.length === 0 ? {} : { apart };
}

function describe(error: Error): string {
  const hint = error instanceof DeliveryError && error.hint ? ` (${error.hint})` : '';
  return `${error.message}${hint}`;
}
