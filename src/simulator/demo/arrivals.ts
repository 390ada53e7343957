import { z } from 'zod';
import type { Timestamp } from '../../domain/instant.ts';
import type { Answered } from '../receivers/http-receiver.ts';
import type { ReceivedSlackMessage } from '../receivers/slack-receiver.ts';
import type { ReceivedMail } from '../receivers/smtp-sink.ts';
import type { ReceivedWebhook } from '../receivers/webhook-receiver.ts';

/** The channels of the demo, in the order in which they are shown. */
export const DEMO_CHANNELS = ['slack', 'mail', 'webhook'] as const;
/** A channel of the demo. */
export type DemoChannel = (typeof DEMO_CHANNELS)[number];

/** One message, as a receiver of the demo got it. */
export interface Arrival {
  channel: DemoChannel;
  at: Timestamp;
  isAccepted: boolean;
  /** What a person sees of it first. */
  title: string;
  /** Where one message tells several events: the line of each. */
  lines: string[];
  /** Text that is worth showing whole, paragraph by paragraph. */
  quote: string[];
  eventIds: string[];
  /** What the event is, in messages that are made for machines too. */
  about: { event: string; jobId: string } | null;
  /** Of a signed webhook. */
  isVerified: boolean | null;
  /** The HTTP status, or SMTP's 250; `null`: not answered. */
  status: number | null;
  /** All that was sent, decoded: where a secret could be. */
  content: string;
}

const EVENT_ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g;

/** As wide as the longest type that the demo brings. */
const TYPE_WIDTH = 'restore-watcher.job.cancelled'.length;

const SLACK_MESSAGE = z.object({
  blocks: z.array(z.object({ type: z.string(), text: z.object({ text: z.string() }).optional() })),
});

const CLOUD_EVENT = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  data: z.object({ event: z.string() }),
});

/** Reads what arrived at the Slack receiver. A message may tell several events. */
export function fromSlack({ at, status, body, json, headers }: Answered<ReceivedSlackMessage>): Arrival {
  const { blocks } = SLACK_MESSAGE.catch({ blocks: [] }).parse(json);
  const textsOf = (type: string): string[] =>
    blocks.flatMap((block) => (block.type === type && block.text ? [asShown(block.text.text)] : []));
  const eventIds = [...new Set(body.match(EVENT_ID))];
  return {
    channel: 'slack',
    at,
    isAccepted: isSuccess(status),
    title: textsOf('header').join(' '),
    lines: eventIds.length > 1 ? textsOf('section') : [],
    quote: [],
    eventIds,
    about: null,
    isVerified: null,
    status,
    content: contentOf(headers, body),
  };
}

/** Reads a mail that arrived. */
export function fromMail({ at, raw, mail }: ReceivedMail): Arrival {
  const { subject, messageId, headers, text, html } = mail;
  const event = headers['x-restore-watcher-event'];
  const jobId = headers['x-restore-watcher-job-id'];
  return {
    channel: 'mail',
    at,
    isAccepted: true,
    title: subject,
    lines: [],
    // The mail about a failure is shown once: what to do now, and the facts.
    quote: event === 'failed' ? text.split('\n\n').slice(1, 3) : [],
    eventIds: [...new Set(messageId.match(EVENT_ID))],
    about: event !== undefined && jobId !== undefined ? { event, jobId } : null,
    isVerified: null,
    status: 250,
    content: [raw, contentOf(headers, text), html].join('\n'),
  };
}

/** Reads a request that arrived at the webhook receiver. */
export function fromWebhook({
  at,
  status,
  body,
  json,
  headers,
  verified,
}: Answered<ReceivedWebhook>): Arrival {
  const event = CLOUD_EVENT.safeParse(json).data;
  return {
    channel: 'webhook',
    at,
    isAccepted: isSuccess(status),
    title: event ? `${event.type.padEnd(TYPE_WIDTH)}  id ${shortEventId(event.id)}` : 'no CloudEvent',
    lines: [],
    quote: [],
    eventIds: event ? [event.id] : [],
    about: event ? { event: event.data.event, jobId: event.subject } : null,
    isVerified: verified,
    status,
    content: contentOf(headers, body),
  };
}

/** Event ids differ at both ends: time in front, a hash behind. */
function shortEventId(id: string): string {
  return `${id.slice(0, 13)}…${id.slice(-6)}`;
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

function contentOf(headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [...lines, '', body].join('\n');
}

/** Slack's text without its escapes, and without the coloured dot in front, which is two columns wide in some terminals and one in others. */
function asShown(text: string): string {
  return text
    .replace(/^\p{Extended_Pictographic}\s*/u, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
