import type { Clock } from '../../clock.ts';
import { DeliveryError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { secretsOfAddress } from '../../net/redact/secret-parts.ts';
import type { ChannelTemplate } from '../../templates/channel-template.ts';
import { type HttpReply, httpFault, networkFault } from '../http-outcome.ts';
import { createPoster, type PosterOptions } from '../http-post.ts';
import { type ListTitler, titleOfDigest, titleOfList } from '../list-title.ts';
import type { Notice, Notifier } from '../notifier.ts';
import { jsonPreview } from '../preview.ts';
import type { UrlLimiter } from '../rate-limiter.ts';
import { createScrub } from '../scrub.ts';
import { createTeller } from '../teller.ts';
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
  limiter: UrlLimiter;
  /** `null`: the built-in card. */
  template: ChannelTemplate | null;
  logger: Logger;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

const RECEIVER = 'Teams';
const TIMEOUT_MS = 10_000;
/** Events in one card, a digest or not: so many fit whatever they hold. */
const MAX_BATCH = 10;
const HEADERS = { 'user-agent': 'restore-watcher', 'content-type': 'application/json' };

/**
 * Posts a card to a Teams workflow, one at a time; what waits goes out together, up to ten events a card. After a 429 the URL is left
 * alone for as long as Teams asks. A workflow accepts (202) before it posts: should it fail afterwards, only its run history in Power
 * Automate tells.
 */
export function createTeamsNotifier(options: TeamsOptions): Notifier {
  const { channel, url, clock, limiter, timeoutMs = TIMEOUT_MS } = options;
  const { post, close } = createPoster(options);
  const scrub = createScrub(secretsOfAddress(url), options.redactor);
  const tell = createTeller({ ...options, name: channel, type: 'msteams', escapeValue: inert });
  const compose = async (notices: readonly Notice[], titler: ListTitler): Promise<TeamsMessage> =>
    teamsMessage(await Promise.all(notices.map(({ event }) => tell(event))), options, titler);
  const sendTitled =
    (titler: ListTitler): Notifier['send'] =>
    async (notices, signal) => {
      const pausedMs = limiter.pausedMs(url);
      if (pausedMs > 0) throw stillPaused(pausedMs);

      const body = JSON.stringify(await compose(notices, titler));
      const send = async (): Promise<HttpReply> => {
        await limiter.turn(url, signal);
        const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        return post({ url, headers: HEADERS, body, signal: until });
      };
      const reply = await send().catch((thrown: unknown) => {
        throw networkFault(thrown, RECEIVER, timeoutMs, signal);
      });
      const fault = httpFault({ ...reply, body: scrub(reply.body) }, RECEIVER, clock.now());
      if (fault?.retryAfterMs !== undefined) limiter.pause(url, fault.retryAfterMs);
      if (fault) throw fault;
      return { detail: `HTTP ${reply.status}` };
    };
  return {
    channel,
    type: 'msteams',
    maxBatch: MAX_BATCH,
    concurrency: 1,
    send: sendTitled(titleOfList),
    digest: { maxBatch: MAX_BATCH, send: sendTitled(titleOfDigest) },
    preview: async (notices) => jsonPreview(await compose(notices, titleOfList)),
    close: async () => close(),
  };
}

function stillPaused(pausedMs: number): DeliveryError {
  return new DeliveryError('rate_limited', `${RECEIVER} has asked for silence`, {
    retryable: true,
    retryAfterMs: pausedMs,
  });
}
