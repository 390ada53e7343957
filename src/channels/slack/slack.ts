import assert from 'node:assert/strict';
import { type FetchFunction, IncomingWebhook } from '@slack/webhook';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { secretsOfAddress } from '../../net/redact/secret-parts.ts';
import type { ChannelTemplate } from '../../templates/channel-template.ts';
import { CHAT_INTERVAL_MS, createChatNotifier } from '../chat-notifier.ts';
import type { HttpReply } from '../http-outcome.ts';
import { createPoster, type Poster, type PosterOptions } from '../http-post.ts';
import { createHttpReceiver, HTTP_TIMEOUT_MS } from '../http-receiver.ts';
import type { Leave, Notifier } from '../notifier.ts';
import type { ReceiverLimiter } from '../receiver-limiter.ts';
import { createScrub } from '../scrub.ts';
import { createTeller } from '../teller.ts';
import { slackFault } from './answer.ts';
import { type SlackContext, type SlackMessage, slackMessage } from './message.ts';
import { inert } from './text.ts';

/** What a Slack channel is made with. */
export interface SlackOptions extends SlackContext, PosterOptions {
  /** The incoming webhook. Whoever has it can post, so it is a secret. */
  url: string;
  clock: Clock;
  /** For one exchange, waiting for the rate limit not included. */
  timeoutMs?: number;
  /** Shared between all channels: Slack counts per URL. */
  limiter: ReceiverLimiter;
  /** `null`: the built-in message. */
  template: ChannelTemplate | null;
  /** Where people reach the page, without a slash at its end; `null`: messages do not lead there. */
  publicUrl?: string | null;
  logger: Logger;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

const RECEIVER = 'Slack';
/**
 * Events in one digest. Besides its 50 blocks, a message may have some 12,000 characters in all of them together, which is documented
 * nowhere (https://github.com/slackapi/bolt-js/issues/2509): two blocks and some 400 characters for each event stay well below.
 */
const DIGEST_BATCH = 15;
/** Of `Response`: replies with these statuses. */
const CANNOT_HAVE_A_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** No previews of the links, no guesses at names. */
const QUIET = { unfurl_links: false, unfurl_media: false, link_names: false };

/**
 * Posts to a Slack incoming webhook, at most one message a second per URL; what waits goes out together, up to ten events a message.
 * The URL is left alone for as long as Slack asks.
 */
export function createSlackNotifier(options: SlackOptions): Notifier {
  const { channel, url, clock, limiter, timeoutMs = HTTP_TIMEOUT_MS } = options;
  const { post, close } = createPoster(options);
  const receiver = createHttpReceiver({
    name: RECEIVER,
    key: url,
    intervalMs: CHAT_INTERVAL_MS,
    timeoutMs,
    limiter,
    clock,
    scrub: createScrub(secretsOfAddress(url), options.redactor),
    faultOf: slackFault,
  });
  const tell = createTeller({ ...options, name: channel, type: 'slack', escapeValue: inert });
  return createChatNotifier<SlackMessage>({
    channel,
    type: 'slack',
    receiver,
    batch: { usual: 10, digest: DIGEST_BATCH },
    compose: async (notices, titler) =>
      slackMessage(await Promise.all(notices.map(({ event }) => tell(event))), options, titler),
    exchange: (message, leave) => exchange(post, url, message, leave),
    detailOf: ({ status }) => `HTTP ${status}: ok`,
    close,
  });
}

/**
 * One request. The client knows how to speak to Slack; its `fetch` is our transport, since it drops `Retry-After`, takes no signal, and
 * would read a body of any length.
 */
async function exchange(
  post: Poster['post'],
  url: string,
  message: SlackMessage,
  leave: Leave,
): Promise<HttpReply> {
  const seen: { reply: HttpReply | null; fault: unknown } = { reply: null, fault: null };
  const posting: FetchFunction = async (address, { headers, body } = {}) => {
    const reply = await post({
      url: String(address),
      headers: Object.fromEntries(new Headers(headers)),
      body: String(body),
      ...leave,
    }).catch((thrown: unknown) => {
      // The client would wrap it.
      seen.fault = thrown;
      throw thrown;
    });
    // Slack says in the body whether it has accepted.
    if (reply.broken !== null) {
      seen.fault = reply.broken;
      throw reply.broken;
    }
    seen.reply = reply;
    return new Response(CANNOT_HAVE_A_BODY.has(reply.status) ? null : reply.body, { status: reply.status });
  };
  try {
    await new IncomingWebhook(url, { fetch: posting }).send({ ...message, ...QUIET });
  } catch (thrown) {
    // Once there is a reply, it is judged here: the client knows no status such as 600, and throws at a refusal.
    if (seen.reply === null) throw seen.fault ?? thrown;
  }
  assert(seen.reply, 'the Slack client has answered without asking Slack');
  return seen.reply;
}
