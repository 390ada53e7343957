import type { Clock } from '../../clock.ts';
import { wellFormedJson } from '../../domain/well-formed.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { secretsOfAddress } from '../../net/redact/secret-parts.ts';
import { USER_AGENT } from '../../net/user-agent.ts';
import type { ChannelTemplate } from '../../templates/channel-template.ts';
import { CHAT_INTERVAL_MS, createChatNotifier } from '../chat-notifier.ts';
import { createPoster, type PosterOptions } from '../http-post.ts';
import { createHttpReceiver, HTTP_TIMEOUT_MS } from '../http-receiver.ts';
import type { Notifier } from '../notifier.ts';
import type { ReceiverLimiter } from '../receiver-limiter.ts';
import { createScrub } from '../scrub.ts';
import { createTeller } from '../teller.ts';
import { saysInBody, teamsFault } from './answer.ts';
import { type TeamsContext, type TeamsMessage, teamsMessage } from './card.ts';
import { inert } from './text.ts';

/** What a Teams channel is made with. */
export interface TeamsOptions extends TeamsContext, PosterOptions {
  /** Of a workflow that starts with "When a Teams webhook request is received". It is signed (`sig`), so it is a secret. */
  url: string;
  clock: Clock;
  /** For one exchange, waiting for the rate limit not included. */
  timeoutMs?: number;
  /** Shared between all channels whose receiver counts per URL. */
  limiter: ReceiverLimiter;
  /** `null`: the built-in card. */
  template: ChannelTemplate | null;
  /** Where people reach the page, without a slash at its end; `null`: messages do not lead there. */
  publicUrl?: string | null;
  logger: Logger;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

const RECEIVER = 'Teams';
/** Events in one card, a digest or not: so many fit whatever they hold. */
const MAX_BATCH = 10;
const HEADERS = { 'user-agent': USER_AGENT, 'content-type': 'application/json' };

/**
 * Posts a card to a Teams workflow, one at a time; what waits goes out together, up to ten events a card. The URL is left alone for
 * as long as Teams asks. A workflow accepts (202) before it posts: should it fail afterwards, only its run history in Power
 * Automate tells.
 */
export function createTeamsNotifier(options: TeamsOptions): Notifier {
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
    faultOf: teamsFault,
  });
  const tell = createTeller({ ...options, name: channel, type: 'msteams', escapeValue: inert });
  return createChatNotifier<TeamsMessage>({
    channel,
    type: 'msteams',
    receiver,
    batch: { usual: MAX_BATCH, digest: MAX_BATCH },
    compose: async (notices, titler) =>
      teamsMessage(await Promise.all(notices.map(({ event }) => tell(event))), options, titler),
    exchange: async (message, leave) => {
      const reply = await post({ url, headers: HEADERS, body: wellFormedJson(message), ...leave });
      if (reply.broken !== null && saysInBody(reply)) throw reply.broken;
      return reply;
    },
    detailOf: ({ status }) => `HTTP ${status}`,
    close,
  });
}
