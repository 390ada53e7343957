import { titleOf } from '../../domain/event/message.ts';
import type { UnmetCondition } from '../../domain/explain/unmet.ts';
import type { Reason } from '../../domain/explain/why.ts';
import { assertNever } from '../../domain/job/restore-job.ts';
import type { EventWhy } from '../../views/why.ts';
import { type Painter, toldOf } from './history-text.ts';
import { muteText } from './mute-text.ts';
import { fold, formatInstant, printable } from './text.ts';

/** What `then` and `now` mean in `whyLines`. */
export const WHY_LEGEND =
  '"then" is what was recorded; "now" is by the configuration of now, which may have been another at that time.';

const INDENT = '    ';
const GAP = '  ';

/** For each channel a line that says what became of it, and a line for each reason; folded at `width` columns. */
export function whyLines({ channels, blindness }: EventWhy, width: number, painter: Painter): string[] {
  const names = Math.max(0, ...channels.map(({ channel }) => printable(channel).length));
  const below = `${INDENT}${' '.repeat(names)}${GAP}`;
  const folded = (text: string): string[] =>
    fold(printable(text), Math.max(20, width - below.length)).map((line) => below + line);
  return [
    ...blindnessWords(blindness).flatMap((text) =>
      fold(printable(text), width - INDENT.length).map((line) => INDENT + line),
    ),
    ...channels.flatMap(({ channel, deliveries, reasons }) => {
      const name = printable(channel).padEnd(names);
      const fates =
        deliveries.length === 0 ? [painter.paint('dim', 'not told')] : toldOf(deliveries, painter, below);
      return [
        ...fates.map((fate, index) => (index === 0 ? `${INDENT}${name}${GAP}${fate}` : `${below}${fate}`)),
        ...reasons.flatMap((reason) => folded(reasonText(reason))),
      ];
    }),
  ];
}

function reasonText(reason: Reason): string {
  return `${reason.basis === 'recorded' ? 'then' : 'now'}: ${wordsOf(reason)}`;
}

function wordsOf(reason: Reason): string {
  switch (reason.kind) {
    case 'routed':
      return `${routesText(reason.routes)} here`;
    case 'routed_then':
      return 'no route leads here any more';
    case 'instead_of':
      return `instead of ${reason.channel}, which had not accepted it`;
    case 'muted':
      return reason.mute === null ? 'muted' : `mute ${reason.mute.id}, ${muteText(reason.mute)}`;
    case 'baseline':
      return 'it was there at first sight (baseline)';
    case 'no_route':
      return 'no route took it';
    case 'unmet':
      return `routes[${reason.route}] does not take it: ${reason.conditions.map(conditionText).join('; ')}`;
    case 'unnamed':
      return 'no route names this channel';
    case 'routed_since':
      return `${routesText(reason.routes)} here, and did not when it was decided`;
    case 'stands_in':
      return `stands in for ${reason.channels.join(', ')}, and gets what is not accepted there`;
    case 'not_reminded':
      return 'it was told again to others: a channel is reminded when a route of it asks for that, in its own turn';
    case 'itself':
      return 'what is about a channel never goes through it';
    case 'left':
      return 'this channel is no longer configured';
    case 'unknown':
      return 'the configuration cannot be read, so which routes lead here is not known';
    default:
      return assertNever(reason);
  }
}

function routesText(routes: readonly number[]): string {
  const names = routes.map((route) => `routes[${route}]`).join(', ');
  return `${names} ${routes.length === 1 ? 'leads' : 'lead'}`;
}

/** `severities wants critical, it is info`; of what an event has nothing of: `it has none`. */
export function conditionText({ condition, wants, has }: UnmetCondition): string {
  return `${condition} wants ${wants.join(condition === 'labels' ? ' and ' : ' or ')}, it ${has === null ? 'has none' : `is ${has}`}`;
}

function blindnessWords(blindness: EventWhy['blindness']): string[] {
  if (blindness === null) return [];
  const { lastLookAt, foundAt, alert } = blindness;
  const span =
    lastLookAt === null
      ? 'then: found late; when the watch had looked before is not on record'
      : `then: found late; the watch saw nothing of it between ${formatInstant(lastLookAt)} and ${formatInstant(foundAt)}`;
  return [
    alert === null
      ? span
      : `${span}. It was blind, told ${formatInstant(alert.detectedAt)}: ${titleOf(alert)}`,
  ];
}
