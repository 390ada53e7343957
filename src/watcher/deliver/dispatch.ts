import type { Notifier, Receipt } from '../../channels/notifier.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { ClaimedDelivery, ClaimRequest, Outbox } from '../../store/ports/outbox.ts';
import { keepLeases, LEASE_MS, type LeaseDeps } from './leases.ts';
import { acceptedOutcome, refusedOutcome } from './outcome.ts';
import { type RecordAttemptsDeps, recordAttempts } from './record-attempts.ts';

/** What a pass works with. */
export interface DispatchDeps extends LeaseDeps, RecordAttemptsDeps {
  store: LeaseDeps['store'] & Pick<Outbox, 'claimDeliveries'>;
  notifier: Notifier;
  /** In [0, 1). */
  random: () => number;
}

/** What a pass came to. */
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

  const stopRenewing = keepLeases(
    deps,
    claimed.map(({ id }) => id),
  );
  try {
    const batches = way.inOneMessage ? messagesOf(claimed) : claimed.map((delivery) => [delivery]);
    // All of them end first, also when one cannot be recorded: without their leases they would be claimed and sent again.
    const ends = await Promise.allSettled(batches.map((batch) => deliver(way, deps, batch, signal)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    stopRenewing();
  }
  return claimed.length;
}

/** What goes out in one message is for the same recipients: what single ones are owed apart makes messages of its own. */
function messagesOf(claimed: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
  return [...Map.groupBy(claimed, ({ recipient }) => recipient).values()];
}

/** Sends a batch as one message and records it. A batch whose content is refused is sent one by one: one bad event must not take others along. */
async function deliver(
  way: Way,
  deps: DispatchDeps,
  batch: readonly ClaimedDelivery[],
  signal: AbortSignal,
): Promise<void> {
  const leftOut = [...new Set(batch.flatMap(({ apart, behind }) => [...apart, ...behind]))];
  const sent = await send(way, batch, leftOut, signal);
  // One time and one chance for all of them: so they come back together, as the one message they were.
  const context = { at: deps.clock.now(), random: deps.random(), leftOut };
  if (!(sent instanceof Error)) {
    const wasSent = sent.wasSent ?? true;
    await recordAttempts(
      deps,
      batch.map((delivery) => ({ delivery, outcome: acceptedOutcome(delivery, sent, context), wasSent })),
    );
  } else if (sent instanceof DeliveryError && sent.reason === 'rejected' && batch.length > 1) {
    for (const delivery of batch) await deliver(way, deps, [delivery], signal);
  } else {
    const refusal = { ...context, wasCut: signal.aborted };
    await recordAttempts(
      deps,
      batch.map((delivery) => ({
        delivery,
        outcome: refusedOutcome(delivery, sent, refusal),
        wasSent: true,
      })),
    );
  }
}

/** What the receiver said, or what went wrong. */
async function send(
  way: Way,
  batch: readonly ClaimedDelivery[],
  leftOut: readonly string[],
  signal: AbortSignal,
): Promise<Receipt | Error> {
  try {
    const notices = batch.map(({ id, event, recipient }) => ({
      deliveryId: id,
      event,
      ...(recipient === null ? {} : { onlyTo: recipient }),
      ...(leftOut.length === 0 ? {} : { notTo: leftOut }),
    }));
    return await way.send(notices, signal);
  } catch (thrown) {
    return toError(thrown);
  }
}
