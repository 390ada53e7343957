import { styleText } from 'node:util';
import type { DemoChannel } from './arrivals.ts';

/** The report fits into this many columns. */
export const REPORT_WIDTH = 100;

/** What the report calls each channel. */
export const CHANNEL_LABELS: Record<DemoChannel, string> = {
  slack: 'Slack',
  mail: 'Mail',
  webhook: 'Webhook',
};

/** The styles that the report uses, by the names of `util.styleText`. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style | Style[], text: string) => string;

/** Colours for a terminal; none for a pipe or a file, and none where NO_COLOR is set (Node looks at both itself). */
export function createPaint(out: NodeJS.WritableStream): Paint {
  return (style, text) => styleText(style, text, { stream: out });
}

/** How a kind of event looks: the same mark and colour wherever it stands. A mark is one column wide. */
export interface Look {
  mark: string;
  style: Style;
}

const LOOKS = {
  started: { mark: '▸', style: 'blue' },
  ready: { mark: '↓', style: 'cyan' },
  finished: { mark: '✔', style: 'green' },
  failed: { mark: '✖', style: 'red' },
  cancelled: { mark: '■', style: 'yellow' },
  expired: { mark: '○', style: 'yellow' },
  missing: { mark: '?', style: 'yellow' },
} as const satisfies Record<string, Look>;

/** It goes on. */
export const PROGRESS: Look = { mark: '◦', style: 'cyan' };
/** It stops working. */
export const WARNING: Look = { mark: '!', style: 'red' };
/** It works again. */
export const RELIEF: Look = { mark: '✔', style: 'green' };
const OTHER: Look = { mark: '·', style: 'dim' };

/** The look of an event by its name; a dot for a name that has none of its own. */
export function lookOf(event: string): Look {
  return Object.entries(LOOKS).find(([name]) => name === event)?.[1] ?? OTHER;
}

/** What the watcher's sentences about these events have in common. */
const WORDS: ReadonlyArray<readonly [event: keyof typeof LOOKS, words: RegExp]> = [
  ['missing', / has gone from Atlas /],
  ['ready', / is ready\b/],
  ['failed', / failed\b/],
  ['cancelled', / was cancelled\b/],
  ['finished', / finished\b/],
  ['expired', / expired$/],
  ['started', / started$/],
];

/** The look of the event that a line tells in the watcher's words, such as `Restore 6080…8293 of orders to orders-copy started`. */
export function lookOfWords(line: string): Look {
  const found = WORDS.find(([, words]) => words.test(line));
  return found ? LOOKS[found[0]] : OTHER;
}

/** Milliseconds as seconds with one decimal, such as `1.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The text, cut to `width` characters with an ellipsis at the end. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
}
