import type { Arrival } from './arrivals.ts';
import {
  CHANNEL_LABELS,
  type Look,
  lookOf,
  lookOfWords,
  type Paint,
  REPORT_WIDTH,
  seconds,
  shorten,
} from './style.ts';

const TIME_WIDTH = 7;
const SPEAKER_WIDTH = 9;
const MARGIN = TIME_WIDTH + 2 + SPEAKER_WIDTH;
/** Behind the margin, the mark and a space. */
const TEXT_WIDTH = REPORT_WIDTH - MARGIN - 2;

/** What the demo is made of, and what to look for. */
export function formatOpening(
  parts: ReadonlyArray<{ name: string; url: string; role: string }>,
  paint: Paint,
): string[] {
  const rows = parts.map(
    ({ name, url, role }) => `  ${paint('bold', name.padEnd(10))}${url.padEnd(30)}${paint('dim', role)}`,
  );
  return [
    '',
    `  ${paint('bold', 'restore-watcher')}  ten restores of four kinds, an outage of Atlas, a broken Slack: one minute`,
    '',
    ...rows,
    '',
    paint('dim', '  Below each thing that happens in Atlas stands what arrives, as it arrives.'),
  ];
}

/** What happens in Atlas: a headline above what the channels get. */
export function formatScene(text: string, elapsedMs: number, look: Look, paint: Paint): string[] {
  const headline = paint(['bold', look.style], `${look.mark} ${text}`);
  return ['', margin('Atlas', elapsedMs, ['bold'], paint) + headline];
}

/** Something said on demand, by whoever was asked. */
export function formatNote(
  speaker: string,
  text: string,
  elapsedMs: number,
  look: Look,
  paint: Paint,
): string {
  return margin(speaker, elapsedMs, ['dim'], paint) + marked(text, look, TEXT_WIDTH, null, paint);
}

/** What a receiver got: one line, one more for each event where the message tells several, and what is quoted from it. */
export function formatArrival(arrival: Arrival, elapsedMs: number, paint: Paint): string[] {
  const { channel, title, lines, about } = arrival;
  const left = margin(CHANNEL_LABELS[channel], elapsedMs, ['dim'], paint);
  const look = about ? lookOf(about.event) : lookOfWords(title);
  const verdict = verdictOf(arrival);
  const indent = ' '.repeat(MARGIN + 2);
  if (lines.length === 0) {
    const quote = quoted(arrival.quote).map((line) => indent + paint('dim', `│ ${line}`.trimEnd()));
    return [left + marked(title, look, TEXT_WIDTH, verdict, paint), ...quote];
  }
  return [
    left + marked(`${title}, in one message`, look, TEXT_WIDTH, verdict, paint),
    ...lines.map((line) => indent + marked(line, lookOfWords(line), TEXT_WIDTH - 2, null, paint)),
  ];
}

/** Long lines are broken between words; a line between two paragraphs. */
function quoted(paragraphs: readonly string[]): string[] {
  return paragraphs.flatMap((paragraph, index) => {
    const lines = paragraph.split('\n').flatMap((line) => wrapped(line, TEXT_WIDTH - 4));
    return index === 0 ? lines : ['', ...lines];
  });
}

function wrapped(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const space = line.lastIndexOf(' ', width);
  return space <= 0
    ? [shorten(line, width)]
    : [line.slice(0, space), ...wrapped(line.slice(space + 1), width)];
}

function margin(speaker: string, elapsedMs: number, style: Array<'bold' | 'dim'>, paint: Paint): string {
  const time = paint('dim', seconds(elapsedMs).padStart(TIME_WIDTH));
  return `${time}  ${paint(style, speaker.padEnd(SPEAKER_WIDTH))}`;
}

interface Verdict {
  isGood: boolean;
  text: string;
}

/** What became of a message, where that is worth telling. */
function verdictOf({ isAccepted, status, isVerified }: Arrival): Verdict | null {
  if (!isAccepted) {
    return { isGood: false, text: status === null ? '← no answer' : `← answered ${status}` };
  }
  if (isVerified === null) return null;
  return isVerified ? { isGood: true, text: 'signature ✔' } : { isGood: false, text: 'signature ✖' };
}

function marked(
  text: string,
  { mark, style }: Look,
  width: number,
  verdict: Verdict | null,
  paint: Paint,
): string {
  const end = verdict ? `  ${paint(verdict.isGood ? 'green' : 'red', verdict.text)}` : '';
  const taken = verdict ? verdict.text.length + 2 : 0;
  return `${paint(style, mark)} ${shorten(text, width - taken)}${end}`;
}
