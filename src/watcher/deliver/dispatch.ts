import type { Notifier } from '../../channels/notifier.ts';
import { StoreError } from '../../errors.ts';
import type { ClaimedDelivery, ClaimRequest, Outbox } from '../../store/ports/outbox.ts';
import type { AtOnce, Confidence, SendEnd } from './confidence.ts';
import { keepLeases, LEASE_MS, type LeaseDeps } from './leases.ts';
import { createAttemptRecorder, type Place, type RecordAttemptsDeps } from './record-attempts.ts';
import { type SendDeps, sendMessage } from './send.ts';
import { createUnderWay, type UnderWay } from './under-way.ts';

/** What a dispatcher works with. */
export interface DispatchDeps extends LeaseDeps, RecordAttemptsDeps, SendDeps {
  store: LeaseDeps['store'] & SendDeps['store'] & Pick<Outbox, 'claimDeliveries'>;
  confidence: Confidence;
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

/** What was begun. */
export interface Begun {
  /** Deliveries that are being sent now. */
  claimed: number;
  /** As many messages are in hand as the channel takes. */
  isFull: boolean;
  /** See `DispatchResult`. */
  quietMs: number;
  /** How each delivery has gone, once all of them are recorded. Rejects with a `StoreError` when one could not be. */
  ended: Promise<SendEnd[]>;
}

/** Has what one channel is owed sent and recorded. Knows what it has in hand. */
export interface Dispatcher {
  /**
   * Claims what is due, as far as there is room beside what is in hand, and begins to send it. What is to be told at once goes before a
   * digest. While the receiver has asked for silence, only what was redriven is claimed. Aborting `signal` cuts the sends short; those
   * are owed as before. Not to be called again before it resolves.
   * @throws {StoreError} when claiming fails.
   */
  begin(signal: AbortSignal): Promise<Begun>;
  /** Messages that are being sent. */
  readonly inHand: number;
}

/** A way for deliveries to go out on a channel: which are claimed together, and what sends them. */
interface Way {
  claim: Pick<ClaimRequest, 'perKey' | 'held'>;
  /** As many make one message, which goes out alone. `null`: each makes its own. */
  inOneMessage: number | null;
  /** Of messages that are made of one each. */
  atOnce: AtOnce;
  send: Notifier['send'];
}

/** A single pass ends: what the store still refuses after so many tries is given up. */
const PASS_TRIES = 4;

/**
 * One pass of one channel: claims what is due, sends it, and records how it went.
 * @throws {StoreError} when claiming or recording fails; all sends have ended by then.
 */
export async function dispatchOnce(deps: DispatchDeps, signal: AbortSignal): Promise<DispatchResult> {
  const { quietMs, ended } = await createDispatcher({ mostTries: PASS_TRIES, ...deps }, () => {}).begin(
    signal,
  );
  const ends = await ended;
  const tried = ends.filter((end) => end !== 'released').length;
  if (tried > 0) return { tried, mayHaveMore: true, quietMs: 0, hasTimedOut: ends.includes('timed_out') };
  return { tried, mayHaveMore: false, quietMs, hasTimedOut: false };
}

/** Creates a dispatcher that has nothing in hand. `onRoom` is called when there is room for something else, or may be. */
export function createDispatcher(deps: DispatchDeps, onRoom: () => void): Dispatcher {
  const ways = waysOf(deps.notifier);
  const { confidence } = deps;
  const underWay = createUnderWay(confidence, deps.clock, onRoom);
  const recorder = createAttemptRecorder(deps, {
    inHand: () => underWay.messages,
    onFault: confidence.noteUnwritten,
  });
  /** A claim may have happened whose answer was lost. */
  let isInDoubt = false;

  /**
   * Sends a batch and records it. A batch whose content is refused is sent one by one: one bad event must not take others along, and what
   * a receiver accepts is recorded at once.
   */
  const deliver = async (
    way: Way,
    batch: readonly ClaimedDelivery[],
    place: Place,
    signal: AbortSignal,
  ): Promise<SendEnd[]> => {
    const timed = confidence.begin();
    let tookMs = 0;
    const { ends, how, isRejected } = await sendMessage(deps, way.send, batch, signal).finally(() => {
      tookMs = timed();
    });
    if (isRejected && batch.length > 1) {
      const each: SendEnd[] = [];
      for (const delivery of batch) each.push(...(await deliver(way, [delivery], KEPT, signal)));
      return each;
    }
    underWay.note(how, tookMs);
    await recorder.record(ends, place);
    return batch.map(() => how);
  };

  const start = (way: Way, claimed: readonly ClaimedDelivery[], signal: AbortSignal): Promise<SendEnd[]> => {
    const goesAlone = way.inOneMessage !== null;
    underWay.goesAlone(goesAlone);
    const stopRenewing = keepLeases(
      deps,
      deps.notifier.channel,
      claimed.map(({ id }) => id),
    );
    const batches = goesAlone ? messagesOf(claimed) : claimed.map((delivery) => [delivery]);
    const sends = batches.map((batch) => {
      const place = underWay.take(batch.map(({ id }) => id));
      return deliver(way, batch, place, signal).finally(place.leave);
    });
    return allOf(sends)
      .finally(stopRenewing)
      .then((ends) => {
        // It is due at once, and was left out of every claim while its release was being written.
        if (ends.includes('released')) onRoom();
        return ends;
      });
  };

  const claimOnce = async (way: Way, room: number): Promise<ClaimedDelivery[]> => {
    try {
      const claimed = await claim(way, deps, room, { underWay: underWay.ids, isAgain: isInDoubt });
      isInDoubt = false;
      return claimed;
    } catch (thrown) {
      isInDoubt ||= thrown instanceof StoreError && thrown.isInDoubt;
      throw thrown;
    }
  };

  return {
    get inHand() {
      return underWay.messages;
    },
    begin: async (signal) => {
      const none = { claimed: 0, ended: Promise.resolve([]) };
      for (const way of ways) {
        const room = roomFor(way, confidence, underWay);
        if (room <= 0) return { ...none, isFull: true, quietMs: 0 };
        const claimed = await claimOnce(way, room);
        if (claimed.length === 0) continue;
        const ended = start(way, claimed, signal);
        return { claimed: claimed.length, isFull: claimed.length === room, quietMs: 0, ended };
      }
      return { ...none, isFull: false, quietMs: deps.notifier.pausedMs?.() ?? 0 };
    },
  };
}

/** Of a message that is sent in pieces: its place is free when all of them are recorded. */
const KEPT: Place = { occupy: () => {}, vacate: () => {} };

function waysOf({ maxBatch, concurrency, concurrencyWhenQuick, send, digest }: Notifier): Way[] {
  const atOnce = { usual: concurrency, most: Math.max(concurrency, concurrencyWhenQuick ?? 0) };
  const usual: Way =
    maxBatch > 1
      ? { claim: { perKey: 'run' }, inOneMessage: maxBatch, atOnce, send }
      : { claim: { perKey: 'head' }, inOneMessage: null, atOnce, send };
  if (digest === undefined) return [usual];
  return [
    { ...usual, claim: { ...usual.claim, held: false } },
    {
      claim: { perKey: 'run', held: true },
      inOneMessage: digest.maxBatch,
      atOnce,
      send: digest.send,
    },
  ];
}

/** How many deliveries may be claimed to go out in this way now. */
function roomFor({ inOneMessage, atOnce }: Way, confidence: Confidence, underWay: UnderWay): number {
  return inOneMessage === null
    ? underWay.roomFor(confidence.messagesFor(atOnce), { goAlone: false })
    : underWay.roomFor(confidence.deliveriesFor(inOneMessage), { goAlone: true });
}

function claim(
  way: Way,
  deps: DispatchDeps,
  limit: number,
  { underWay, isAgain }: { underWay: ReadonlySet<string>; isAgain: boolean },
): Promise<ClaimedDelivery[]> {
  const { store, notifier, clock, owner } = deps;
  const except = [...underWay, ...(deps.except?.() ?? [])];
  return store.claimDeliveries({
    ...way.claim,
    limit,
    onlyUrgent: (notifier.pausedMs?.() ?? 0) > 0,
    channel: notifier.channel,
    owner,
    now: clock.now(),
    leaseMs: LEASE_MS,
    except,
    isAgain,
  });
}

/** What goes out in one message is for the same recipients: what single ones are owed apart makes messages of its own. */
function messagesOf(claimed: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
  return [...Map.groupBy(claimed, ({ recipient }) => recipient).values()];
}

/** All of them end first, also when one cannot be recorded: without their leases they would be claimed and sent again. */
async function allOf(sends: ReadonlyArray<Promise<SendEnd[]>>): Promise<SendEnd[]> {
  const ends = await Promise.allSettled(sends);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
}
