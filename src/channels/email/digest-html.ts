import type { Severity } from '../../domain/event/event-kind.ts';
import type { MessageLink } from '../../domain/event/links.ts';
import { checkpointHtml } from './checkpoint-note.ts';
import { escapeHtml, mailPage } from './html.ts';

/** An event in a digest, as plain text. */
export interface DigestRow {
  when: string;
  /** The same in UTC, beside the time of a zone. */
  beside: string | null;
  what: string;
  /** Empty for what is about no watch. */
  watch: string;
  /** Empty for what is no change of a job. */
  state: string;
  /** Small print, a line each. */
  notes: string[];
  /** To the watcher's own page; `null`: nobody has told where that is. */
  link: MessageLink | null;
}

const HEADINGS = ['When', 'What', 'Watch', 'State'];

/** Kept short: a hundred rows shall stay below the 102 kB from which on Gmail shows only the beginning of a mail. */
const CELL = 'border-top:1px solid rgba(128,128,128,.3);padding:6px 10px 6px 0;vertical-align:top';

/** A digest as HTML: a table of what happened. Everything in the rows is escaped. */
export function digestHtml(content: {
  title: string;
  rows: readonly DigestRow[];
  severity: Severity;
  /** Small print, a line each. */
  small: readonly string[];
  channel: string;
  /** A signed note; `null`: none. */
  checkpoint: string | null;
}): string {
  const { title, rows, severity, small, channel, checkpoint } = content;
  const heads = HEADINGS.map(
    (heading) => `<th scope="col" style="text-align:left;font-weight:400;opacity:.7">${heading}</th>`,
  );
  return mailPage({
    heading: title,
    severity,
    width: 860,
    body: [
      `<table cellpadding="0" cellspacing="0" style="border-collapse:collapse;width:100%;font-size:14px">
<tr>${heads.join('')}</tr>
${rows.map(tableRow).join('\n')}
</table>`,
      ...checkpointHtml(checkpoint),
    ],
    small,
    channel,
  });
}

function tableRow({ when, beside, what, watch, state, notes, link }: DigestRow): string {
  const cells = [
    lines(when, beside === null ? [] : [beside]),
    lines(what, notes) + anchor(link),
    lines(watch, []),
    lines(state, []),
  ];
  return `<tr>${cells.map((cell) => `<td style="${CELL}">${cell}</td>`).join('')}</tr>`;
}

function anchor(link: MessageLink | null): string {
  return link === null ? '' : `<br><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a>`;
}

function lines(first: string, small: readonly string[]): string {
  const below =
    small.length === 0 ? '' : `<br><small style="opacity:.7">${small.map(escapeHtml).join('<br>')}</small>`;
  return escapeHtml(first) + below;
}
