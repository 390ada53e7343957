import { createHash } from 'node:crypto';
import type { WatcherEvent } from '../../domain/event/event.ts';
import { EXPLAIN_LABEL, type Fact, type Message, TEST_MARK, titleOf } from '../../domain/event/message.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import { timesIn } from '../../domain/local-time.ts';
import type { Told } from '../teller.ts';
import { checkpointHtml, checkpointText } from './checkpoint-note.ts';
import { type MailContent, mailHtml, type Row } from './html.ts';
import { quotedMailbox } from './mailbox.ts';

/** What a mail of this channel needs besides the event. */
export interface MailContext {
  channel: string;
  from: string;
  to: readonly string[];
  /** IANA zone for the times, beside UTC; `null`: UTC alone. */
  timeZone: string | null;
}

/** A mail as nodemailer takes it, which belongs to no thread. */
export interface LoneMail {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
  priority: 'high' | 'normal';
  headers: Record<string, string>;
}

/** A mail of the thread of its job. */
export interface Mail extends LoneMail {
  inReplyTo: string;
  references: string;
}

/**
 * Puts an event into a mail. Its Message-ID is the event's id, the same at every attempt, so that a mail system can drop a twin.
 * All mails about a job refer to one root that no mail has: that makes a thread of them, in whatever order they come.
 * `checkpoint`: see `composeDigest`.
 */
export function composeMail(told: Told, context: MailContext, checkpoint: string | null = null): Mail {
  const { event } = told;
  const content = { ...contentOf(told, context), appendix: checkpointHtml(checkpoint) };
  const host = hostOf(context.from);
  const root = threadRoot(event, host);
  return {
    from: quotedMailbox(context.from),
    to: context.to.map(quotedMailbox),
    subject: told.headline ?? subjectOf(event),
    text: mailText(content, checkpoint),
    html: mailHtml(content),
    messageId: `<${event.id}@${host}>`,
    inReplyTo: root,
    references: root,
    priority: event.severity === 'critical' && !event.test ? 'high' : 'normal',
    headers: headersOf(event, context.channel, host),
  };
}

function contentOf(
  { event, message, headline, body }: Told,
  { channel, timeZone }: MailContext,
): Omit<MailContent, 'appendix'> {
  return {
    heading: headline ?? message.title,
    paragraphs: (body ?? message.advice).split(/\n[^\S\n]*\n\s*/),
    rows: body === null ? rowsOf(message, timeZone) : [],
    links: body === null ? message.links : [],
    footnotes: message.footnotes,
    ids: message.ids,
    explain: message.explain,
    severity: event.severity,
    channel,
  };
}

/** `[critical] Restore 6080…8293 of orders to orders-copy failed after 14 min` */
function subjectOf(event: WatcherEvent): string {
  const mark = event.test ? TEST_MARK : '';
  return `${mark}[${event.severity}] ${titleOf({ ...event, test: false })}`;
}

function headersOf(event: WatcherEvent, channel: string, host: string): Record<string, string> {
  const job = jobOf(event);
  return {
    ...channelHeaders(channel, host),
    'X-Restore-Watcher-Event': event.name,
    'X-Restore-Watcher-Event-Id': event.id,
    'X-Restore-Watcher-Severity': event.severity,
    ...(job ? { 'X-Restore-Watcher-Job-Id': job.id } : {}),
    ...(event.test ? { 'X-Restore-Watcher-Test': 'true' } : {}),
  };
}

/** Of every mail of a channel. */
export function channelHeaders(channel: string, host: string): Record<string, string> {
  const list = channel.replace(/[^A-Za-z0-9-]+/g, '-');
  return {
    // RFC 3834: no out-of-office replies; the second says the same to Exchange.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    'List-Id': `<${list}.restore-watcher.${host}>`,
  };
}

/** The watch is in it because two watches may follow the same job, and its name may hold anything. */
function threadRoot(event: WatcherEvent, host: string): string {
  const job = jobOf(event);
  const hash = createHash('sha256')
    .update(watchOf(event) ?? '')
    .digest('hex')
    .slice(0, 12);
  const about = job ? `job.${job.id.replace(/[^A-Za-z0-9-]/g, '')}` : 'watch';
  return `<${about}.${hash}@${host}>`;
}

/** The part of a Message-ID after its `@`. */
export function hostOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'restore-watcher.invalid';
}

function rowsOf({ facts, details, times }: Message, timeZone: string | null): Row[] {
  const row = ({ label, value }: Fact): Row => ({ label, value, beside: null });
  const instants = times.map(({ label, at }) => {
    const [utc, zoned = null] = timesIn(at, timeZone);
    return zoned === null ? { label, value: utc, beside: null } : { label, value: zoned, beside: utc };
  });
  return [...facts.map(row), ...instants, ...details.map(row)];
}

function mailText(content: MailContent, checkpoint: string | null): string {
  const { heading, paragraphs, rows, links, footnotes, ids, explain, channel } = content;
  const width = Math.max(...rows.map(({ label }) => label.length)) + 2;
  const line = ({ label, value, beside }: Row): string =>
    `${`${label}:`.padEnd(width)}${value}${beside === null ? '' : ` (${beside})`}`;
  return [
    heading,
    '',
    paragraphs.join('\n\n'),
    ...(rows.length > 0 ? ['', ...rows.map(line)] : []),
    ...(links.length > 0 ? ['', ...links.map(({ label, url }) => `${label}: ${url}`)] : []),
    '',
    ...footnotes,
    ids.map(({ label, value }) => `${label} ${value}`).join(', '),
    ...(explain === null ? [] : [`${EXPLAIN_LABEL}: ${explain}`]),
    ...checkpointText(checkpoint),
    // The mark of a signature: mail programs show it apart.
    '-- ',
    `Sent by restore-watcher, channel ${channel}`,
    '',
  ].join('\n');
}
