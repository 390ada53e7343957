import { createHash } from 'node:crypto';
import { EXPLAIN_LABEL } from '../../domain/event/message.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import { explainAllCommand } from '../../domain/explain/command.ts';
import { timesIn } from '../../domain/local-time.ts';
import { titleOfDigest } from '../list-title.ts';
import { iconOf, rankOf } from '../severity-mark.ts';
import type { Told } from '../teller.ts';
import { checkpointText } from './checkpoint-note.ts';
import { type DigestRow, digestHtml } from './digest-html.ts';
import { quotedMailbox } from './mailbox.ts';
import { channelHeaders, composeMail, hostOf, type LoneMail, type MailContext } from './message.ts';

/**
 * Puts what was gathered into one mail, the worst first. Its Message-ID comes from the ids of the events in it, the same at every
 * attempt with the same ones, so that a mail system can drop a twin. One event alone comes as the mail it would have been.
 * @param told in the order of life, at least one.
 * @param checkpoint how the audit log was signed last: a copy of it leaves the house with the mail. `null`: none does.
 */
export function composeDigest(
  told: readonly Told[],
  context: MailContext,
  checkpoint: string | null = null,
): LoneMail {
  const [first] = told;
  if (first === undefined) throw new TypeError('nothing to send');
  if (told.length === 1) return composeMail(first, context, checkpoint);
  const { channel, from, to, timeZone } = context;
  const events = told.map(({ event }) => event);
  const { title, worst } = titleOfDigest(events, timeZone);
  const { severity } = worst;
  const rows = told.toSorted((a, b) => rankOf(b.event) - rankOf(a.event)).map((one) => rowOf(one, timeZone));
  const host = hostOf(from);
  const explain = explainAllCommand(events);
  const small = explain === null ? [] : [`${EXPLAIN_LABEL}: ${explain}`];
  return {
    from: quotedMailbox(from),
    to: to.map(quotedMailbox),
    subject: `[${severity}] ${title}`,
    text: digestText(title, rows, small, { channel, checkpoint }),
    html: digestHtml({ title, rows, severity, small, channel, checkpoint }),
    messageId: `<digest.${fingerprint(events.map(({ id }) => id))}@${host}>`,
    // It has waited until now: nothing in it is urgent.
    priority: 'normal',
    headers: {
      ...channelHeaders(channel, host),
      'X-Restore-Watcher-Digest': String(events.length),
      'X-Restore-Watcher-Severity': severity,
    },
  };
}

function fingerprint(eventIds: readonly string[]): string {
  return createHash('sha256').update(eventIds.toSorted().join('\n')).digest('hex').slice(0, 32);
}

function rowOf({ event, message, headline }: Told, timeZone: string | null): DigestRow {
  const job = jobOf(event);
  const [utc, zoned = null] = timesIn(event.occurredAt, timeZone);
  const notes = message.facts.filter(({ label }) => !['State', 'Took', 'From', 'To'].includes(label));
  return {
    when: zoned ?? utc,
    beside: zoned === null ? null : utc,
    what: headline ?? `${iconOf(event)} ${message.title}`,
    watch: watchOf(event) ?? '',
    state: message.facts.find(({ label }) => label === 'State')?.value ?? '',
    notes: [
      ...notes.map(({ label, value }) => `${label}: ${value}`),
      ...message.footnotes,
      ...(job ? [`Job ${job.id}`] : []),
    ],
    link: message.links.find(({ to }) => to === 'page') ?? null,
  };
}

/** Blocks and not columns: where mails are read as text, there is seldom room for a table. */
function digestText(
  title: string,
  rows: readonly DigestRow[],
  small: readonly string[],
  { channel, checkpoint }: { channel: string; checkpoint: string | null },
): string {
  const block = ({ when, beside, what, watch, state, notes, link }: DigestRow): string[] => {
    const where = [...(watch === '' ? [] : [`watch ${watch}`]), ...(state === '' ? [] : [state])].join(', ');
    return [
      '',
      what,
      ...[
        when + (beside === null ? '' : ` (${beside})`),
        ...(where === '' ? [] : [where]),
        ...notes,
        ...(link === null ? [] : [`${link.label}: ${link.url}`]),
      ].map((line) => `   ${line}`),
    ];
  };
  return [
    title,
    ...rows.flatMap(block),
    '',
    ...small,
    ...checkpointText(checkpoint),
    '-- ',
    `Sent by restore-watcher, channel ${channel}`,
    '',
  ].join('\n');
}
