import type { Severity } from '../../domain/event/event-kind.ts';
import { EXPLAIN_LABEL, type Fact, type Message } from '../../domain/event/message.ts';

/** A line of the mail, ready to be shown. `beside` says the same in other words: UTC beside the time of a zone. */
export interface Row {
  label: string;
  value: string;
  beside: string | null;
}

/** What a mail says, in both of its parts. Plain text. */
export interface MailContent {
  heading: string;
  paragraphs: readonly string[];
  rows: readonly Row[];
  links: Message['links'];
  footnotes: readonly string[];
  ids: readonly Fact[];
  /** See `Message.explain`. */
  explain: string | null;
  /** HTML that stands between the body and the small print. */
  appendix: readonly string[];
  severity: Severity;
  channel: string;
}

/** Bright enough on black, dark enough on white. */
const COLOURS: Record<Severity, string> = { info: '#2f81f7', warning: '#c27a00', critical: '#e5484d' };

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/**
 * The mail as HTML. Styles are inline, since many mail programs drop all others. Text and background keep the reader's colours, so
 * that it can be read in light and in dark; everything that is not ours is escaped.
 */
export function mailHtml(content: MailContent): string {
  const { heading, paragraphs, rows, links, footnotes, ids, explain, appendix, severity, channel } = content;
  const body = [
    ...paragraphs.map(paragraph),
    ...(rows.length > 0 ? [table(rows)] : []),
    ...(links.length > 0 ? [linkParagraph(links, COLOURS[severity])] : []),
    ...appendix,
  ];
  const small = [
    ...footnotes,
    ids.map(({ label, value }) => `${label} ${value}`).join(' · '),
    ...(explain === null ? [] : [`${EXPLAIN_LABEL}: ${explain}`]),
  ];
  return mailPage({ heading, severity, width: 600, body, small, channel });
}

/** What stands around the content of every mail. */
export function mailPage(page: {
  heading: string;
  severity: Severity;
  /** In pixels, at most. */
  width: number;
  /** HTML, in which all that is not ours has been escaped. */
  body: readonly string[];
  /** Small print, a line each. */
  small: readonly string[];
  channel: string;
}): string {
  const { heading, severity, width, body, small, channel } = page;
  const colour = COLOURS[severity];
  const last = [...small, `Sent by restore-watcher, channel ${channel}`];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>:root{color-scheme:light dark}</style>
<title>${escapeHtml(heading)}</title>
</head>
<body style="margin:0;padding:16px;${FONT};font-size:16px;line-height:1.45">
<div style="max-width:${width}px;margin:0 auto;border-left:5px solid ${colour};padding:2px 0 2px 16px;overflow-wrap:anywhere">
<p style="margin:0 0 6px;font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;color:${colour}">${severity}</p>
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${escapeHtml(heading)}</h1>
${body.join('\n')}
<p style="margin:18px 0 0;font-size:13px;line-height:1.5;opacity:.7">${last.map(escapeHtml).join('<br>')}</p>
</div>
</body>
</html>
`;
}

function paragraph(text: string): string {
  return `<p style="margin:0 0 18px">${escapeHtml(text).replaceAll('\n', '<br>\n')}</p>`;
}

function table(rows: readonly Row[]): string {
  return `<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;width:100%;font-size:15px">
${rows.map(tableRow).join('\n')}
</table>`;
}

function tableRow({ label, value, beside }: Row): string {
  const edge =
    'border-top:1px solid rgba(128,128,128,.3);padding:6px 12px 6px 0;vertical-align:top;text-align:left';
  const second = beside === null ? '' : `<br><span style="opacity:.7">${escapeHtml(beside)}</span>`;
  return `<tr><th scope="row" style="${edge};font-weight:400;opacity:.7;width:7em">${escapeHtml(label)}</th><td style="${edge}">${escapeHtml(value)}${second}</td></tr>`;
}

function linkParagraph(links: Message['links'], colour: string): string {
  const look = `display:inline-block;margin:0 10px 10px 0;padding:9px 16px;border:1px solid ${colour};border-radius:6px;color:${colour};text-decoration:none;font-weight:600`;
  const anchors = links.map(
    ({ label, url }) => `<a href="${escapeHtml(url)}" style="${look}">${escapeHtml(label)}</a>`,
  );
  return `<p style="margin:20px 0 0">${anchors.join('\n')}</p>`;
}

/** Makes text safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
