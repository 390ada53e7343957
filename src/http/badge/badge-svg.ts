import type { Badge } from '../../views/badge.ts';
import { markup } from '../page/markup.ts';

/** Dark enough for white text on it: 4.5 to 1 at least. */
const COLOURS: Readonly<Record<Badge['tone'], string>> = {
  fine: '#2a7a3b',
  warning: '#8a5a00',
  bad: '#b3261e',
  unknown: '#5b6470',
};

/** How wide a character of this size is in the fonts that are named below, about. */
const CHARACTER = 6.6;
const PADDING = 8;
const HEIGHT = 20;

/** Draws a badge: what it says is text in it, and its title. No style stands in it, so that any page may show it. */
export function badgeSvg({ label, words, tone }: Badge): string {
  const left = widthOf(label);
  const width = left + widthOf(words);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}: ${words}"><title>${label}: ${words}</title>
<rect width="${width}" height="${HEIGHT}" rx="3" fill="${COLOURS[tone]}"/><path d="M3 0h${left - 3}v${HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#2f353d"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11"><text x="${PADDING}" y="14">${label}</text><text x="${left + PADDING}" y="14">${words}</text></g></svg>`.toString();
}

function widthOf(text: string): number {
  return Math.round([...text].length * CHARACTER + 2 * PADDING);
}
