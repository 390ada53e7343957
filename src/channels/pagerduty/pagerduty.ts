import type { Clock } from '../../clock.ts';
import { wellFormedJson } from '../../domain/well-formed.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { tokensOfAddress } from '../../net/redact/secret-parts.ts';
import { USER_AGENT } from '../../net/user-agent.ts';
import type { ChannelTemplate } from '../../templates/channel-template.ts';
import { createPoster, type PosterOptions } from '../http-post.ts';
import { type Asked, createHttpReceiver, HTTP_TIMEOUT_MS } from '../http-receiver.ts';
import type { Leave, Notice, Notifier } from '../notifier.ts';
import { jsonPreview } from '../preview.ts';
import type { ReceiverLimiter } from '../receiver-limiter.ts';
import { createScrub } from '../scrub.ts';
import { createTeller } from '../teller.ts';
import { type PagerDutyEvent, pagerDutyEvents } from './event.ts';

/** What a PagerDuty channel is made with. */
export interface PagerDutyOptions extends PosterOptions {
  /** The integration key of a service or of an event orchestration. Whoever has it can page, so it is a secret. */
  routingKey: string;
  url: string;
  clock: Clock;
  /** Shared between all channels: PagerDuty counts per routing key. */
  limiter: ReceiverLimiter;
  /** For one exchange. */
  timeoutMs?: number;
  /** Its title alone is used. `null`: the built-in one. */
  template: ChannelTemplate | null;
  /** Where people reach the page, without a slash at its end; `null`: messages do not lead there. */
  publicUrl?: string | null;
  logger: Logger;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

const RECEIVER = 'PagerDuty';

/**
 * Opens and closes alerts through the Events API v2 (`event.ts` says which event does what). An event that does neither is
 * accepted without a request. Fails as soon as one request does: all of them are sent again then, which changes nothing about those
 * that were accepted. PagerDuty is left alone for as long as it asks.
 */
export function createPagerDutyNotifier(options: PagerDutyOptions): Notifier {
  const { channel, routingKey, url, clock, limiter, timeoutMs = HTTP_TIMEOUT_MS } = options;
  const { post, close } = createPoster(options);
  const receiver = createHttpReceiver({
    name: RECEIVER,
    key: `${url} ${routingKey}`,
    intervalMs: 0,
    timeoutMs,
    limiter,
    clock,
    scrub: createScrub([routingKey, ...tokensOfAddress(url)], options.redactor),
  });

  const tell = createTeller({
    ...options,
    name: channel,
    type: 'pagerduty',
    timeZone: null,
    escapeValue: (text) => text,
  });
  const compose = async (notices: readonly Notice[]): Promise<PagerDutyEvent[]> => {
    const [notice] = notices;
    if (notice === undefined) throw new TypeError('nothing to send');
    return pagerDutyEvents(await tell(notice.event));
  };

  const request = async (event: PagerDutyEvent, asked: Asked): Promise<string> => {
    const exchange = (leave: Leave) =>
      post({
        url,
        headers: { 'user-agent': USER_AGENT, 'content-type': 'application/json' },
        body: wellFormedJson({ routing_key: routingKey, ...event }),
        ...leave,
      });
    const { status } = await receiver.ask(exchange, asked);
    return `${event.event_action}: HTTP ${status}`;
  };

  return {
    channel,
    type: 'pagerduty',
    maxBatch: 1,
    concurrency: 4,
    send: async (notices, signal, lastLook) => {
      const said: string[] = [];
      const asked = { signal, lastLook, isUrgent: notices.some(({ isUrgent }) => isUrgent) };
      for (const event of await compose(notices)) said.push(await request(event, asked));
      return said.length === 0 ? { detail: 'not for a pager', wasSent: false } : { detail: said.join(', ') };
    },
    pausedMs: receiver.pausedMs,
    preview: async (notices) => {
      const events = await compose(notices);
      const nothing = { content: events, text: 'Nothing: this neither opens an alert nor closes one.' };
      return events.length === 0 ? nothing : jsonPreview(events);
    },
    close: async () => close(),
  };
}
