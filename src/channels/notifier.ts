import type { WatcherEvent } from '../domain/event/event.ts';
import type { RecipientRefusal } from '../errors.ts';

/** One event to be sent, with the id of its delivery. */
export interface Notice {
  /** Of the delivery; the event's own id is `event.id` and the same on every channel. */
  deliveryId: string;
  event: WatcherEvent;
  /** Of a channel with several recipients, the only one who is to get it. */
  onlyTo?: string;
  /** Of a channel with several recipients, those who are not to get it: they are owed it apart. */
  notTo?: readonly string[];
  /** Somebody wants it tried now, even while the receiver has asked for silence. */
  isUrgent?: boolean;
}

/**
 * Asked again at the last moment before a message goes out, behind every wait for a turn or a connection: the process may have stood still
 * meanwhile. @throws {DeliveryError} `wasTried: false`, when it must not go out any more.
 */
export type LastLook = () => void;

/** How one request of a message goes out. */
export interface Leave {
  /** Aborts it. */
  signal: AbortSignal;
  lastLook?: LastLook | undefined;
}

/** What a receiver said when it accepted. `detail` is for people (an HTTP status, an SMTP reply), without secrets. */
export interface Receipt {
  detail: string;
  /** `false`: there was nothing to send (an event that is not for a pager), so this says nothing about the receiver. */
  wasSent?: false;
  /** Of a channel with several recipients, those that were refused while others were accepted. */
  refused?: readonly RecipientRefusal[];
}

/** What would be sent, for people to look at: without addresses and credentials. */
export interface Preview {
  /** JSON: the message itself. */
  content: unknown;
  /** The same as one reads it on a terminal; may hold any character that the message holds. */
  text: string;
}

/** Sends events to one configured destination. The port of `channels/`; one adapter per channel type. */
export interface Notifier {
  /** The channel's name in the configuration. */
  readonly channel: string;
  readonly type: string;
  /** How many events one send may carry; they arrive as one message. */
  readonly maxBatch: number;
  /** How many sends may be in flight at once. */
  readonly concurrency: number;
  /** How many may be while the receiver accepts each of them quickly. Left out: no more than that. */
  readonly concurrencyWhenQuick?: number;
  /**
   * Sends the notices, 1 to `maxBatch` of them, in order, as one message. Resolves when the receiver has accepted; of several
   * recipients, when at least one was. Notices that go out together are for the same recipients.
   * Waits for the receiver's rate limit itself, where it has one that is known beforehand.
   * @throws {DeliveryError} classified; its text holds no secret. Aborting gives reason `timeout`, retryable. What was not sent at all
   * (a silence, an abort before its turn) has `wasTried: false`.
   */
  send(notices: readonly Notice[], signal: AbortSignal, lastLook?: LastLook): Promise<Receipt>;
  /**
   * How much longer the receiver is to be left alone, in milliseconds, because it has asked for that (perhaps another channel). What is
   * not urgent is refused meanwhile. Left out where the receiver has no way to ask.
   */
  pausedMs?(): number;
  /** What `send` would send, made by the same code. Turns to nobody. */
  preview(notices: readonly Notice[]): Promise<Preview>;
  /** Closes all connections. A send in flight may fail by it: whoever closes waits for it first. */
  close(): Promise<void>;
  /** On a channel that can tell as one digest what it has gathered; whether it gathers anything is decided elsewhere. */
  readonly digest?: DigestSender;
}

/** How a channel tells in one message what it has gathered. */
export interface DigestSender {
  /** How many events one message may carry; what is beyond goes into another one. */
  readonly maxBatch: number;
  /** As `send` of the notifier, but as a digest. */
  send: Notifier['send'];
}
