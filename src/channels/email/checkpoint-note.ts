import { escapeHtml } from './html.ts';

const HEADING =
  'Checkpoint of the audit log. Kept as it is, it proves later that nothing before it was changed:';

/** The lines of a checkpoint in the text of a mail, verbatim, between empty ones; none for `null`. */
export function checkpointText(note: string | null): string[] {
  return note === null ? [] : ['', HEADING, '', ...note.split('\n')];
}

/** The same as HTML. */
export function checkpointHtml(note: string | null): string[] {
  if (note === null) return [];
  const style = 'margin:18px 0 0;font-size:12px;line-height:1.4;opacity:.7';
  return [
    `<p style="${style}">${escapeHtml(HEADING)}</p>`,
    `<pre style="${style};white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(note)}</pre>`,
  ];
}
