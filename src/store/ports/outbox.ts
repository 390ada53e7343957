import type { AuditDraft } from '../../domain/audit.ts';
import type { WatcherEvent } from '../../domain/event/event.ts';
import type { Timestamp } from '../../domain/instant.ts';

/** Every status of a delivery. `pending`: owed, perhaps claimed; the other two are over. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'given_up'] as const;
/** What became of a delivery so far. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event owed to one channel. */
export interface Delivery {
  /** See `deliveryId`. */
  id: string;
  eventId: string;
  channel: string;
  /** What must arrive in order on the channel; see `orderKeyOf`. */
  orderKey: string;
  status: DeliveryStatus;
  createdAt: Timestamp;
  nextAttemptAt: Timestamp;
  /** Attempts begun and attempts ended apart: more begun than ended means that one was cut off, perhaps after it was accepted. */
  attemptsStarted: number;
  attemptsFinished: number;
  firstAttemptAt: Timestamp | null;
  lastAttemptAt: Timestamp | null;
  /** When it was accepted or given up. */
  endedAt: Timestamp | null;
  /** What the receiver said at the last attempt, or what went wrong; without secrets. */
  lastDetail: string | null;
  /** The channel that this one stands in for as its fallback; `null`: a route leads here. */
  insteadOf: string | null;
  /** It goes out with the channel's digest of this time, not before; `null`: at once. */
  heldUntil: Timestamp | null;
  /**
   * The one recipient to whom this is owed, apart from the others of the channel. `null`: owed to the whole channel, but for those
   * recipients who have a delivery of their own of the same event.
   */
  recipient: string | null;
}

/** Asks for what a channel could not deliver, to owe it to the channel's fallback. */
export interface FallbackRequest {
  channel: string;
  /** The channel that stands in. */
  fallback: string;
  /** What is pending since then, or longer, counts as not accepted; for a digest from its slot on. */
  notAcceptedSince: Timestamp;
  at: Timestamp;
}

/** A delivery under our lease, with the event to send. */
export interface ClaimedDelivery extends Delivery {
  event: WatcherEvent;
  /** An earlier attempt was begun and never ended: the receiver may have this already. */
  wasInterrupted: boolean;
  /** Recipients of the channel who have a delivery of their own of this event, whatever became of it: this one is not for them. */
  apart: readonly string[];
  /** Recipients who still wait for something earlier in the same queue: this must not overtake it. */
  behind: readonly string[];
  /** Since when the receiver has refused it in a way that may be a mishap; `null` when it has not, or a redrive began anew. */
  refusedSince: Timestamp | null;
  /** It was redriven, and is sent although the channel keeps a silence. */
  isUrgent: boolean;
  /** How often an acceptance of something else has made it due. */
  madeDue: number;
  /** Milliseconds of trying behind it when this attempt began; see `triedMs` in the retry policy. */
  triedMs: number;
}

/** Asks for deliveries of one channel that are due. */
export interface ClaimRequest {
  channel: string;
  owner: string;
  now: Timestamp;
  leaseMs: number;
  limit: number;
  /** `head`: at most one per order key (sent one by one); `run`: several of one key, in order (sent as one message). */
  perKey: 'head' | 'run';
  /** Only what goes out with a digest, or only what does not. Default: both. */
  held?: boolean;
  /** None of these, nor what must not overtake them. */
  except?: readonly string[];
  /** Only what was redriven, as while the store knows of a silence of the channel. Default: all. */
  onlyUrgent?: boolean;
  /**
   * The answer to an earlier claim of this owner was lost: what it has under a lease, and is not in `except`, is first given back as if
   * it had not been claimed.
   */
  isAgain?: boolean;
}

/** What becomes of one recipient who gets a delivery of its own of an event: not tried yet, refused for now, or refused for good. */
export type RecipientOutcome = { recipient: string } & (
  | { kind: 'owed' }
  | { kind: 'retry'; nextAttemptAt: Timestamp; detail: string }
  | { kind: 'given_up'; detail: string }
);

/**
 * How an attempt ended. `apart`: of a delivery to a whole channel, the recipients who from now on have a delivery of their own. `wasSent:
 * false`: there was nothing to send, so the receiver has accepted nothing. `quietUntil`: the whole channel is silent until then, as its
 * receiver has asked.
 */
export type DeliveryOutcome =
  | {
      id: string;
      kind: 'delivered';
      at: Timestamp;
      detail: string;
      apart?: readonly RecipientOutcome[];
      wasSent?: boolean;
    }
  | {
      id: string;
      kind: 'retry';
      at: Timestamp;
      nextAttemptAt: Timestamp;
      detail: string;
      apart?: readonly RecipientOutcome[];
      /** The receiver has refused it since then in a way that may be a mishap. */
      refusedSince?: Timestamp;
      /** As the claim said it; left out: as before. */
      triedMs?: number;
      quietUntil?: Timestamp | undefined;
    }
  | {
      id: string;
      kind: 'given_up';
      at: Timestamp;
      detail: string;
      apart?: readonly RecipientOutcome[];
      quietUntil?: Timestamp | undefined;
    }
  /** Not sent after all (a silence, a shutdown): owed as before, the attempt does not count. */
  | { id: string; kind: 'released'; at: Timestamp };

/** Which deliveries are asked for. */
export interface DueFilter {
  /** Leaves out what waits for a digest later than that. */
  owedAt?: Timestamp | undefined;
}

/**
 * How the outbox stands, for whoever only asks.
 * @throws {StoreError} from every method.
 */
export interface OutboxReader {
  /** When the next delivery of the channel may become due, by schedule, lease or the end of a silence; `null` when none is pending. */
  nextDueAt(channel: string, filter?: DueFilter): Promise<Timestamp | null>;
  /**
   * Since when channels accept nothing, by channel: the first failed attempt since the last acceptance, and since what was told of the
   * channel was closed, among what is pending. Those without one are left out.
   */
  failingChannels(): Promise<Map<string, Timestamp>>;
  /**
   * How many deliveries channels have given up since then that are given up still, by channel; those without one are left out. What has
   * not happened (reminders, samples) does not count, nor does what was given up before that which was told of the channel was closed.
   */
  givenUpSince(since: Timestamp): Promise<Map<string, number>>;
}

/** What is owed to channels: claimed under a lease, sent, and recorded. */
export interface Outbox extends OutboxReader {
  /**
   * Claims deliveries of a channel that are due, oldest first, for `leaseMs`, and counts an attempt as started for each.
   * Due: pending, `nextAttemptAt <= now` (or made or tried at a time that has not come yet: the clock has been set back since), not
   * under a live lease, and no earlier delivery of the same channel and order key is still pending (unless it is claimed along with
   * it, `perKey: 'run'`). While the channel keeps a silence (`quietUntil` of an outcome), only what was redriven is due. What goes out
   * with digests and what does not are kept in order each by itself: what is urgent waits for no digest. What is owed to one recipient
   * alone stands in the place of the delivery it is a part of, and holds up that recipient only: whoever has to wait for it is named in
   * `behind`. Returns `[]` when nothing is due.
   *
   * Reads what is due, then puts it under the lease on condition that it is still pending and free: of two claims one gets a
   * delivery, the other goes without. A run is claimed whole or not at all. Writes no audit entry and waits for no turn.
   */
  claimDeliveries(request: ClaimRequest): Promise<ClaimedDelivery[]>;
  /** When the channel last accepted something of what was owed to it lately; `null` when it never has. */
  lastAcceptedAt(channel: string): Promise<Timestamp | null>;
  /** Prolongs the leases of `owner` on these. One statement: passes over what is no longer pending or has another owner by now. */
  renewLeases(ids: readonly string[], owner: string, until: Timestamp): Promise<void>;
  /**
   * Records how attempts ended, with audit entries, and ends their leases. `delivered` always holds; anything else is passed over
   * when the delivery is no longer pending or, where `owner` is given, when somebody else has claimed it since.
   *
   * What a receiver has accepted (`delivered`, unless nothing was sent) makes due what was refused before on the same channel and waits
   * for a later attempt, and ends the silence that it kept when the send began.
   *
   * One transaction, in turn. Each change is conditional in its statement and counts from what stands there; the audit entries are
   * written also where the change was passed over, because the attempt has been made. The deliveries of recipients apart are added
   * where the change holds, with the attempt that was made counted; one that is there already stays as it is.
   *
   * @param isAgain the same was asked before, together, and it is not known what came of that: a connection may end behind a commit. What
   * stands there already is then not written again, nor are its audit entries.
   */
  recordOutcomes(
    outcomes: readonly DeliveryOutcome[],
    audit: readonly AuditDraft[],
    owner?: string,
    isAgain?: boolean,
  ): Promise<void>;
  /**
   * Owes to `fallback`, in the same order, what `channel` has given up or has left pending since `notAcceptedSince`, if it was owed
   * within the last 48 hours (from the slot, with a digest) and `fallback` is not owed the same event already; each with an audit entry.
   * Returns what is owed by it.
   * What `channel` owes stays as it is: it may still deliver. The fallback is told at once, whatever its own digest. Cheap when there
   * is nothing.
   *
   * One transaction, in turn: reads what is missed, then inserts it unless the fallback is owed it already. What `channel` delivers at
   * that moment may be owed to the fallback as well: rather twice than not at all.
   */
  oweFallbacks(request: FallbackRequest): Promise<Array<{ eventId: string }>>;
}
