import type { HttpReply } from './http-outcome.ts';
import type { HttpReceiver } from './http-receiver.ts';
import { type ListTitler, titleOfDigest, titleOfList } from './list-title.ts';
import type { Leave, Notice, Notifier } from './notifier.ts';
import { jsonPreview } from './preview.ts';

/** Slack takes about one message a second per incoming webhook (https://docs.slack.dev/apis/web-api/rate-limits/), Teams not many more. */
export const CHAT_INTERVAL_MS = 1_000;

/** What is different between chats. */
export interface ChatOptions<Message> {
  channel: string;
  type: string;
  receiver: HttpReceiver;
  /** Events in one message, and in one that is a digest. */
  batch: { usual: number; digest: number };
  compose: (notices: readonly Notice[], titler: ListTitler) => Promise<Message>;
  /** One request and its answer, whatever its status. */
  exchange: (message: Message, leave: Leave) => Promise<HttpReply>;
  /** What an acceptance is called in the receipt. */
  detailOf: (reply: HttpReply) => string;
  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close: () => void;
}

/** A notifier that posts messages for people to one chat, one at a time; what waits goes out together. */
export function createChatNotifier<Message>(options: ChatOptions<Message>): Notifier {
  const { channel, type, receiver, batch, compose, exchange, detailOf } = options;
  const sendTitled =
    (titler: ListTitler): Notifier['send'] =>
    async (notices, signal, lastLook) => {
      const message = await compose(notices, titler);
      const asked = { signal, lastLook, isUrgent: notices.some(({ isUrgent }) => isUrgent) };
      return { detail: detailOf(await receiver.ask((leave) => exchange(message, leave), asked)) };
    };
  return {
    channel,
    type,
    maxBatch: batch.usual,
    concurrency: 1,
    send: sendTitled(titleOfList),
    digest: { maxBatch: batch.digest, send: sendTitled(titleOfDigest) },
    pausedMs: receiver.pausedMs,
    preview: async (notices) => jsonPreview(await compose(notices, titleOfList)),
    close: async () => options.close(),
  };
}
