import type { Notifier, Receipt } from '../../channels/notifier.ts';
import { isTooLongForChannel } from '../../domain/telling/silence.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { ClaimedDelivery, ClaimRequest, Outbox } from '../../store/ports/outbox.ts';
import type { Confidence, SendEnd } from './confidence.ts';
import { keepLeases, LEASE_MS, type LeaseDeps } from './leases.ts';
import { acceptedOutcome, refusedOutcome } from './outcome.ts';
import { type RecordAttemptsDeps, recordAttempts } from './record-attempts.ts';

/** What a pass works with. */
export interface DispatchDeps extends LeaseDeps, RecordAttemptsDeps {
  store: LeaseDeps['store'] & Pick<Outbox, 'claimDeliveries' | 'lastAcceptedAt'>;
  notifier: Notifier;
  confidence: Confidence;
  /** In [0, 1). */
  random: () => number;
  /** Ids of deliveries that are left alone, with what must not overtake them. Default: none. */
  except?: () => readonly string[];
}

/** What a pass came to. */
export interface DispatchResult {
  /** Deliveries that were tried. */
  tried: number;
  /** More may be due right now. */
  mayHaveMore: boolean;
  /** For how many milliseconds the receiver is left alone: until then only what is redriven is due. */
  quietMs: number;
  /** A send was not answered in time. */
  hasTimedOut: boolean;
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
 * receiver accepts is recorded at once, batch by batch. Aborting `signal` cuts the sends short; those are owed as before. While the
 * receiver has asked for silence, only what was redriven is claimed.
 * @throws {StoreError} when claiming or recording fails.
 */
export async function dispatchOnce(deps: DispatchDeps, signal: AbortSignal): Promise<DispatchResult> {
  for (const way of waysOf(deps.notifier)) {
    const ends = await dispatchBy(way, deps, signal);
    const tried = ends.filter((end) => end !== 'released').length;
    if (tried > 0) return { tried, mayHaveMore: true, quietMs: 0, hasTimedOut: ends.includes('timed_out') };
  }
  return { tried: 0, mayHaveMore: false, quietMs: deps.notifier.pausedMs?.() ?? 0, hasTimedOut: false };
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

/** Returns how each delivery that was claimed has gone. */
async function dispatchBy(way: Way, deps: DispatchDeps, signal: AbortSignal): Promise<SendEnd[]> {
  const { store, notifier, clock, owner, confidence, except } = deps;
  const { channel } = notifier;
  const claimed = await store.claimDeliveries({
    ...way.claim,
    limit: confidence.limitFor(way.claim.limit, way.inOneMessage),
    onlyUrgent: (notifier.pausedMs?.() ?? 0) > 0,
    channel,
    owner,
    now: clock.now(),
    leaseMs: LEASE_MS,
    ...(except ? { except: except() } : {}),
  });
  if (claimed.length === 0) return [];

  const stopRenewing = keepLeases(
    deps,
    claimed.map(({ id }) => id),
  );
  try {
    const batches = way.inOneMessage ? messagesOf(claimed) : claimed.map((delivery) => [delivery]);
    // All of them end first, also when one cannot be recorded: without their leases they would be claimed and sent again.
    const ends = await Promise.allSettled(batches.map((batch) => deliver(way, deps, batch, signal)));
    const sent = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
    confidence.note(sent);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return sent;
  } finally {
    stopRenewing();
  }
}

/** What goes out in one message is for the same recipients: what single ones are owed apart makes messages of its own. */
function messagesOf(claimed: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
  return [...Map.groupBy(claimed, ({ recipient }) => recipient).values()];
}

/**
 * Sends a batch as one message and records it. A batch whose content is refused is sent one by one: one bad event must not take others
 * along. What was not sent at all is released: it was no attempt. Returns how each delivery has gone.
 */
async function deliver(
  way: Way,
  deps: DispatchDeps,
  batch: readonly ClaimedDelivery[],
  signal: AbortSignal,
): Promise<SendEnd[]> {
  const leftOut = [...new Set(batch.flatMap(({ apart, behind }) => [...apart, ...behind]))];
  const sent = await send(way, batch, leftOut, signal);
  const at = deps.clock.now();
  if (!(sent instanceof Error)) {
    const { wasSent = true } = sent;
    const context = { at, random: deps.random(), leftOut };
    const ends = batch.map((delivery) => ({
      delivery,
      outcome: acceptedOutcome(delivery, sent, context),
      wasSent,
    }));
    await recordAttempts(deps, ends);
    return batch.map(() => (wasSent ? 'accepted' : 'nothing_to_send'));
  }
  if (sent instanceof DeliveryError && !sent.wasTried) {
    const released = batch.map((delivery) => ({
      delivery,
      outcome: { id: delivery.id, kind: 'released' as const, at },
      wasSent: false,
    }));
    await recordAttempts(deps, released);
    return batch.map(() => 'released');
  }
  if (sent instanceof DeliveryError && sent.reason === 'rejected' && batch.length > 1) {
    const ends: SendEnd[] = [];
    for (const delivery of batch) ends.push(...(await deliver(way, deps, [delivery], signal)));
    return ends;
  }
  return refuse(deps, batch, sent, { leftOut, signal });
}

/** Records that a message was refused. One time and one chance for all its deliveries: so they come back together, as the one message they were. */
async function refuse(
  deps: DispatchDeps,
  batch: readonly ClaimedDelivery[],
  error: Error,
  { leftOut, signal }: { leftOut: readonly string[]; signal: AbortSignal },
): Promise<SendEnd[]> {
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
  await recordAttempts(deps, ends);
  const hasTimedOut = error instanceof DeliveryError && error.reason === 'timeout';
  return batch.map(() => (isTooLong ? 'refused_long' : hasTimedOut ? 'timed_out' : 'refused'));
}

/** What the receiver said, or what went wrong. */
async function send(
  way: Way,
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
    return await way.send(notices, signal);
  } catch (thrown) {
    return toError(thrown);
  }
}
