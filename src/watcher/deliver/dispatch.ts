import { setTimeout as delay } from 'node:timers/promises';
import type { Notifier, Receipt } from '../../channels/notifier.ts';
import type { Clock } from '../../clock.ts';
import type { AuditDraft } from '../../domain/audit.ts';
import { titleOf } from '../../domain/event/message.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import { nextAttempt } from '../../domain/telling/retry-policy.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { ClaimedDelivery, ClaimRequest, DeliveryOutcome, Outbox } from '../../store/ports/outbox.ts';

/** A claim lasts this long unless renewed, so that after a kill nothing waits longer. */
const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;

export interface DispatchDeps {
  store: Outbox;
  notifier: Notifier;
  clock: Clock;
  logger: Logger;
  /** A channel that keeps failing is told of once, not at every attempt. */
  faultLog: FaultLog;
  signals: Signals;
  /** Names this process in leases. */
  owner: string;
  /** In [0, 1). */
  random: () => number;
}

export interface DispatchResult {
  /** Deliveries that were tried. */
  tried: number;
  /** More may be due right now. */
  mayHaveMore: boolean;
}

/** A way for deliveries to go out on a channel: which are claimed together, and what sends them. */
interface Way {
  claim: Pick<ClaimRequest, 'limit' | 'perKey' | 'held'>;
  /** All that is claimed makes one message; else each makes its own. */
  inOneMessage: boolean;
  send: Notifier['send'];
}

/**
 * One pass of one channel: claim what is due, send it, record how it went. What is to be told at once goes before a digest. What a
 * receiver accepts is recorded at once, batch by batch. Aborting `signal` cuts the sends short; those are owed as before.
 * @throws {StoreError} when claiming or recording fails.
 */
export async function dispatchOnce(deps: DispatchDeps, signal: AbortSignal): Promise<DispatchResult> {
  for (const way of waysOf(deps.notifier)) {
    const tried = await dispatchBy(way, deps, signal);
    if (tried > 0) return { tried, mayHaveMore: true };
  }
  return { tried: 0, mayHaveMore: false };
}

function waysOf({ maxBatch, concurrency, send, digest }: Notifier): Way[] {
  const usual: Way =
    maxBatch > 1
      ? { claim: { limit: maxBatch, perKey: 'run' }, inOneMessage: true, send }
      : { claim: { limit: concurrency, perKey: 'head' }, inOneMessage: false, send };
  if (digest === undefined) return [usual];
  return [
    { ...usual, claim: { ...usual.claim, held: false } },
    {
      claim: { limit: digest.maxBatch, perKey: 'run', held: true },
      inOneMessage: true,
      send: digest.send,
    },
  ];
}

/** Returns how many deliveries were tried. */
async function dispatchBy(way: Way, deps: DispatchDeps, signal: AbortSignal): Promise<number> {
  const { store, notifier, clock, owner } = deps;
  const { channel } = notifier;
  const claimed = await store.claimDeliveries({
    ...way.claim,
    channel,
    owner,
    now: clock.now(),
    leaseMs: LEASE_MS,
  });
  if (claimed.length === 0) return 0;

  const stopRenewing = keepLeases(deps, claimed);
  try {
    const batches = way.inOneMessage ? [claimed] : claimed.map((delivery) => [delivery]);
    // All of them end first, also when one cannot be recorded: without their leases they would be claimed and sent again.
    const ends = await Promise.allSettled(batches.map((batch) => deliver(way, deps, batch, signal)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    stopRenewing();
  }
  return claimed.length;
}

/** Sends a batch as one message and records it. A batch whose content is refused is sent one by one: one bad event must not take others along. */
async function deliver(
  way: Way,
  deps: DispatchDeps,
  batch: readonly ClaimedDelivery[],
  signal: AbortSignal,
): Promise<void> {
  const sent = await send(way, batch, signal);
  if (!(sent instanceof Error)) {
    const wasSent = sent.wasSent ?? true;
    await record(deps, batch, (delivery) => accepted(deps, delivery, sent.detail), wasSent);
  } else if (sent instanceof DeliveryError && sent.reason === 'rejected' && batch.length > 1) {
    for (const delivery of batch) await deliver(way, deps, [delivery], signal);
  } else {
    // One time and one chance for all of them: so they come back together, as the one message they were.
    const at = deps.clock.now();
    const random = deps.random();
    await record(deps, batch, (delivery) => refused(delivery, sent, { at, random, signal }));
  }
}

/** What the receiver said, or what went wrong. */
async function send(
  way: Way,
  batch: readonly ClaimedDelivery[],
  signal: AbortSignal,
): Promise<Receipt | Error> {
  try {
    const notices = batch.map(({ id, event }) => ({ deliveryId: id, event }));
    return await way.send(notices, signal);
  } catch (thrown) {
    return toError(thrown);
  }
}

function accepted({ clock }: DispatchDeps, { id }: ClaimedDelivery, detail: string): DeliveryOutcome {
  return { id, kind: 'delivered', at: clock.now(), detail };
}

function refused(
  delivery: ClaimedDelivery,
  error: Error,
  { at, random, signal }: { at: Timestamp; random: number; signal: AbortSignal },
): DeliveryOutcome {
  const { id } = delivery;
  const detail = describe(error);
  if (signal.aborted)
    return { id, kind: 'retry', at, nextAttemptAt: at, detail: `${detail} (shutting down)` };
  const known = error instanceof DeliveryError ? error : null;
  const verdict = nextAttempt({
    retryable: known?.retryable ?? true,
    retryAfterMs: known?.retryAfterMs,
    attempts: delivery.attemptsFinished + 1,
    firstAttemptAt: delivery.firstAttemptAt ?? at,
    now: at,
    random,
  });
  return verdict.kind === 'retry'
    ? { id, kind: 'retry', at, nextAttemptAt: verdict.nextAttemptAt, detail }
    : { id, kind: 'given_up', at, detail };
}

function describe(error: Error): string {
  const hint = error instanceof DeliveryError && error.hint ? ` (${error.hint})` : '';
  return `${error.message}${hint}`;
}

async function record(
  deps: DispatchDeps,
  batch: readonly ClaimedDelivery[],
  outcomeOf: (delivery: ClaimedDelivery) => DeliveryOutcome,
  wasSent = true,
): Promise<void> {
  const pairs = batch.map((delivery) => ({ delivery, outcome: outcomeOf(delivery) }));
  const audit = pairs.flatMap(({ delivery, outcome }) => auditOf(delivery, outcome));
  await persist(
    deps,
    pairs.map(({ outcome }) => outcome),
    audit,
  );
  deps.signals.emit('audit:written', {});
  for (const { delivery, outcome } of pairs) if (wasSent) tell(deps, delivery, outcome);
}

/** A receiver has accepted: losing that note means sending a twin. So a store that fails for a moment is asked again while the lease lasts. */
async function persist(
  { store, logger, notifier, owner }: DispatchDeps,
  outcomes: readonly DeliveryOutcome[],
  audit: readonly AuditDraft[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.recordOutcomes(outcomes, audit, owner);
      return;
    } catch (error) {
      if (attempt === 4) throw error;
      logger.warn('The outcome of a delivery could not be recorded; trying again', {
        channel: notifier.channel,
        err: error,
      });
      await delay(500 * attempt);
    }
  }
}

function auditOf(delivery: ClaimedDelivery, outcome: DeliveryOutcome): AuditDraft[] {
  const { id: deliveryId, eventId, channel, event } = delivery;
  const about = { deliveryId, eventId, channel, event: event.name, jobId: jobOf(event)?.id ?? null };
  const attempt = delivery.attemptsStarted;
  const detail = outcome.kind === 'released' ? null : outcome.detail;
  return [
    ...(delivery.wasInterrupted
      ? [{ at: outcome.at, kind: 'delivery.interrupted' as const, data: { ...about, attempt: attempt - 1 } }]
      : []),
    {
      at: outcome.at,
      kind: 'delivery.attempted',
      data: { ...about, attempt, outcome: outcome.kind, detail },
    },
    ...(outcome.kind === 'given_up'
      ? [{ at: outcome.at, kind: 'delivery.given_up' as const, data: { ...about, detail } }]
      : []),
  ];
}

function tell(deps: DispatchDeps, delivery: ClaimedDelivery, outcome: DeliveryOutcome): void {
  if (outcome.kind === 'released') return;
  const { signals, logger, faultLog } = deps;
  const { channel, eventId, event } = delivery;
  const dueSince = Math.max(event.detectedAt, delivery.heldUntil ?? 0);
  const latencyMs = outcome.kind === 'delivered' ? outcome.at - dueSince : null;
  signals.emit('delivery:recorded', {
    channel,
    outcome: outcome.kind,
    latencyMs,
    eventId,
    detail: outcome.detail,
  });
  const fields = {
    channel,
    event: event.name,
    watch: watchOf(event) ?? '',
    eventId,
    attempt: delivery.attemptsStarted,
  };
  if (outcome.kind === 'delivered') {
    faultLog.clear(faultKey(channel), `${channel} takes messages again`, { channel });
    logger.info(`Told ${channel}: ${titleOf(event)}`, { ...fields, latencyMs });
  } else if (outcome.kind === 'given_up') {
    logger.error(`Gave up telling ${channel}: ${titleOf(event)}`, {
      ...fields,
      detail: outcome.detail,
      hint: 'Mend the channel, then: restore-watcher deliveries redrive --given-up',
    });
  } else {
    const retryAt = toIso(outcome.nextAttemptAt);
    faultLog.report(faultKey(channel), `${channel} does not take messages: ${outcome.detail}`, {
      ...fields,
      retryAt,
    });
    logger.debug(`Could not tell ${channel} yet: ${titleOf(event)}`, { ...fields, retryAt });
  }
}

function faultKey(channel: string): string {
  return `channel ${channel}`;
}

/** Prolongs the leases while the sends go on. Returns the function that ends it. */
function keepLeases(
  { store, clock, owner, logger }: DispatchDeps,
  claimed: readonly ClaimedDelivery[],
): () => void {
  const ids = claimed.map(({ id }) => id);
  const timer = setInterval(() => {
    store.renewLeases(ids, owner, clock.now() + LEASE_MS).catch((error: unknown) => {
      logger.warn('A lease could not be renewed', { err: error });
    });
  }, RENEW_EVERY_MS);
  return () => clearInterval(timer);
}
