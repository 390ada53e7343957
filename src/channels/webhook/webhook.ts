import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Clock } from '../../clock.ts';
import { type CloudEvent, toCloudEvent } from '../../domain/event/cloud-event.ts';
import { wellFormedJson } from '../../domain/well-formed.ts';
import { WatcherError } from '../../errors.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { secretsOfAddress, secretsOfHeader, secretsOfSigningKey } from '../../net/redact/secret-parts.ts';
import { USER_AGENT } from '../../net/user-agent.ts';
import { httpFault } from '../http-outcome.ts';
import { createPoster, type PosterOptions } from '../http-post.ts';
import { createHttpReceiver, HTTP_TIMEOUT_MS } from '../http-receiver.ts';
import type { Leave, Notice, Notifier } from '../notifier.ts';
import { jsonPreview } from '../preview.ts';
import type { ReceiverLimiter } from '../receiver-limiter.ts';
import { createScrub } from '../scrub.ts';
import { createSigner } from './signer.ts';

/** What a webhook channel is made with. */
export interface WebhookOptions extends PosterOptions {
  url: string;
  /** See `createSigner`; `null`: not signed. */
  secret: string | null;
  /** Sent along; they cannot replace the content type or the signature. */
  headers: Readonly<Record<string, string>>;
  /** Where people reach the page, without a slash at its end; `null`: `data.pageUrl` is left out. */
  publicUrl?: string | null;
  clock: Clock;
  /** Shared between all channels: two of them may post to the same URL. */
  limiter: ReceiverLimiter;
  /** For the whole exchange. */
  timeoutMs?: number;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

const RECEIVER = 'the webhook';
/** A gateway says so while what stands behind it is deployed, or its login is being renewed. */
const MISHAPS: ReadonlySet<number> = new Set([403, 404]);

/**
 * Posts each event as a CloudEvent, signed after Standard Webhooks where there is a secret. `webhook-id` is the event's id, so that
 * a receiver can drop a repeated one. The URL is left alone for as long as its receiver asks.
 * @throws {WatcherError} code `config`, when the secret, a header or the CA file cannot be used.
 */
export function createWebhookNotifier(options: WebhookOptions): Notifier {
  const { channel, url, secret, publicUrl = null, clock, limiter, timeoutMs = HTTP_TIMEOUT_MS } = options;
  const headers = checkedHeaders(options.headers, channel);
  const sign = secret === null ? null : createSigner(secret, channel);
  const { post, close } = createPoster(options);
  const receiver = createHttpReceiver({
    name: RECEIVER,
    key: url,
    intervalMs: 0,
    timeoutMs,
    limiter,
    clock,
    scrub: createScrub(
      [
        ...secretsOfAddress(url),
        ...secretsOfSigningKey(secret ?? ''),
        ...Object.values(headers).flatMap(secretsOfHeader),
      ],
      options.redactor,
    ),
    faultOf: (reply, scrub, now) => httpFault({ ...reply, body: scrub(reply.body) }, RECEIVER, now, MISHAPS),
  });

  return {
    channel,
    type: 'webhook',
    maxBatch: 1,
    concurrency: 8,
    // A kill may repeat as many. With an answer after 20 ms that is what it takes to be faster than this process can write.
    concurrencyWhenQuick: 32,
    send: async (notices, signal, lastLook) => {
      const event = compose(notices, publicUrl);
      const body = wellFormedJson(event);
      const exchange = (leave: Leave) =>
        post({
          url,
          headers: {
            'user-agent': USER_AGENT,
            ...headers,
            'content-type': 'application/cloudevents+json; charset=utf-8',
            ...sign?.(event.id, clock.now(), body),
          },
          body,
          ...leave,
        });
      const isUrgent = notices.some((notice) => notice.isUrgent);
      const { status } = await receiver.ask(exchange, { signal, lastLook, isUrgent });
      return { detail: `HTTP ${status}` };
    },
    pausedMs: receiver.pausedMs,
    preview: async (notices) => jsonPreview(compose(notices, publicUrl)),
    close: async () => close(),
  };
}

function compose([notice]: readonly Notice[], publicUrl: string | null): CloudEvent {
  if (notice === undefined) throw new TypeError('nothing to send');
  return toCloudEvent(notice.event, publicUrl);
}

/** Names in lower case, so that ours replace theirs. Checked here, because the error of a request would quote the value. */
function checkedHeaders(headers: Readonly<Record<string, string>>, channel: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      try {
        validateHeaderName(name);
        validateHeaderValue(name, value);
      } catch {
        throw new WatcherError(
          'config',
          `channel ${channel}: the header ${JSON.stringify(name)} cannot be sent`,
        );
      }
      return [name.toLowerCase(), value];
    }),
  );
}
