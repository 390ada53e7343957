import { escapeHtml } from './html.ts';

const ESCAPE = '\u001b';
/** In pixels. Every piece of text is made as wide as its characters, whichever font a browser takes. */
const CHARACTER = 8.4;
const LINE = 20;
const MARGIN = 18;

const STYLES: Readonly<Record<string, string>> = {
  1: 'font-weight="bold" fill="#ffffff"',
  2: 'fill="#8a8f99"',
  31: 'fill="#f47067"',
  32: 'fill="#8ddb8c"',
  33: 'fill="#f69d50"',
};

/** What a terminal of so many columns shows after `command`, as a picture. Of the escapes colours alone may stand in `output`. */
export function terminalSvg(command: string, output: string, columns: number): string {
  const lines = [`$ ${command}`, ...output.replaceAll('\r', '').trimEnd().split('\n')];
  const width = Math.ceil(2 * MARGIN + columns * CHARACTER);
  const height = 2 * MARGIN + lines.length * LINE;
  let style = '';
  const texts = lines.flatMap((line, row) => {
    const pieces = piecesOf(line, style);
    style = pieces.style;
    return pieces.texts.map(({ text, column, look }) => textAt(text, { row, column, look }));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escapeHtml(command)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#16181d"/>`,
    `<g font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d7dae0" xml:space="preserve">`,
    ...texts,
    '</g>',
    '</svg>\n',
  ].join('\n');
}

interface Piece {
  text: string;
  column: number;
  look: string;
}

/** The pieces of a line that look alike, and the look that goes on in the next line. */
function piecesOf(line: string, before: string): { texts: Piece[]; style: string } {
  let style = before;
  let column = 0;
  const texts: Piece[] = [];
  for (const [index, part] of line.split(ESCAPE).entries()) {
    const [, parameters = '', rest = part] = index === 0 ? [] : (/^\[(\d*)m([\s\S]*)$/.exec(part) ?? []);
    if (index > 0) style = STYLES[parameters] ?? '';
    // A gap needs no text: the next piece knows its column.
    for (const { 0: text, index: at } of rest.matchAll(/\S+( \S+)*/g))
      texts.push({ text, column: column + [...rest.slice(0, at)].length, look: style });
    column += [...rest].length;
  }
  return { texts, style };
}

function textAt(text: string, { row, column, look }: { row: number; column: number; look: string }): string {
  const x = (MARGIN + column * CHARACTER).toFixed(1);
  const y = MARGIN + row * LINE + 14;
  const length = ([...text].length * CHARACTER).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}"${look === '' ? '' : ` ${look}`}>${escapeHtml(text)}</text>`;
}
