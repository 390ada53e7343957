import { escapeHtml, page } from './html.ts';

const CSS = `
  body { background: #16181d; color: #d7dae0; padding: 18px 22px }
  pre { font: 14px/1.5 "DejaVu Sans Mono", monospace; white-space: pre }
  .c1 { font-weight: 700; color: #fff } .c2 { opacity: .6 } .c31 { color: #f47067 } .c32 { color: #8ddb8c } .c33 { color: #f69d50 }`;

const ESCAPE = '\u001b';

/** What a terminal shows after `command`. Colours are kept; moving the cursor is not looked at: there must be one drawing only. */
export function terminalPage(command: string, output: string): string {
  let open = false;
  const html = output
    .replaceAll('\r', '')
    .split(ESCAPE)
    .map((piece, index) => {
      if (index === 0) return escapeHtml(piece);
      const [, parameters = '', kind = '', rest = ''] = /^\[([?\d;]*)([A-Za-z])([\s\S]*)$/.exec(piece) ?? [];
      if (kind !== 'm') return escapeHtml(rest);
      const close = open ? '</span>' : '';
      open = /^(1|2|3\d)$/.test(parameters);
      return `${close}${open ? `<span class="c${parameters}">` : ''}${escapeHtml(rest)}`;
    })
    .join('');
  return page({
    width: 900,
    css: CSS,
    body: `<pre>$ ${escapeHtml(command)}\n${html}${open ? '</span>' : ''}</pre>`,
  });
}
