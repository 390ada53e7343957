import { isTransitionName } from '../../domain/event/event.ts';
import { flatSubject } from '../../domain/event/flat-subject.ts';
import { intoWords } from '../../domain/event/job-words.ts';
import { titleOf } from '../../domain/event/message.ts';
import { happenedAfter, isUndated } from '../../domain/event/undated.ts';
import { formatSpan } from '../../domain/instant.ts';
import { assertNever, shortId } from '../../domain/job/restore-job.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { SuppressReason } from '../../domain/telling/routing.ts';
import type { Delivery } from '../../store/ports/outbox.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import type { HistoryEntry } from './history-entry.ts';
import { muteText } from './mute-text.ts';
import type { Colour, Output } from './output.ts';
import { count, formatInstant, printable } from './text.ts';

type Painter = Pick<Output, 'paint'>;

const INSTANT_WIDTH = '2026-11-02 08:14:05Z'.length;
const GAP = '  ';

/** Each entry as a block of lines: when and what, how it was found, and who was told. */
export function historyLines(entries: readonly HistoryEntry[], painter: Painter): string[][] {
  const nameWidth = Math.max(...entries.map((entry) => nameOf(entry).length));
  const indent = ' '.repeat(INSTANT_WIDTH + GAP.length);
  return entries.map((entry) => {
    const { occurredAt } = entry;
    const when = (occurredAt === null ? 'time not known' : formatInstant(occurredAt)).padEnd(INSTANT_WIDTH);
    const name = painter.paint(colourOf(entry), nameOf(entry).padEnd(nameWidth));
    return [
      [when, name, printable(titleOfEntry(entry))].join(GAP).trimEnd(),
      ...[sourceLine(entry), foundLine(entry), ...toldLines(entry, painter)].map((line) => indent + line),
    ];
  });
}

function nameOf(entry: HistoryEntry): string {
  return entry.kind === 'event' ? entry.recorded.event.name : entry.milestone;
}

function colourOf(entry: HistoryEntry): Colour {
  if (entry.kind === 'silent') return 'dim';
  const colours = { critical: 'red', warning: 'yellow', info: 'green' } as const;
  return colours[entry.recorded.event.severity];
}

function titleOfEntry(entry: HistoryEntry): string {
  if (entry.kind === 'event') return titleOf(entry.recorded.event);
  const { job, jobId } = entry.observation;
  return `Restore ${shortId(jobId)} of ${job?.instanceName ?? '?'}${job ? intoWords(job) : ''}`;
}

function sourceLine({ jobId, watch }: HistoryEntry): string {
  // About a channel: no watch is concerned.
  if (watch === '') return 'about the delivery itself';
  return printable(jobId === null ? `watch ${watch}` : `job ${jobId}, watch ${watch}`);
}

/** When we found it, and how sure we are of the rest. */
function foundLine(entry: HistoryEntry): string {
  const { occurredAt, detectedAt } = entry;
  const lag = occurredAt === null ? 0 : detectedAt - occurredAt;
  const { inferred, late } =
    entry.kind === 'event' ? flatSubject(entry.recorded.event.subject) : { inferred: false, late: false };
  const marks = [
    `found ${formatInstant(detectedAt)}`,
    ...(lag >= 1_000 ? [`${formatSpan(lag)} later`] : []),
    ...betweenLooks(entry),
    ...(inferred ? ['inferred: nobody saw it'] : []),
    ...(late ? ['late'] : []),
  ];
  return marks.join(', ');
}

/** Of what nobody dates: `it happened then or before, after 2026-11-02 08:14:05Z`. */
function betweenLooks(entry: HistoryEntry): string[] {
  if (entry.kind !== 'event' || entry.recorded.event.reminder !== null) return [];
  const { event } = entry.recorded;
  if (!isTransitionName(event.name) || !isUndated(event)) return [];
  const after = happenedAfter(event);
  return [
    `happened then at the latest${after === null ? '' : `, after the look of ${formatInstant(after)}`}`,
  ];
}

function toldLines(entry: HistoryEntry, painter: Painter): string[] {
  if (entry.kind === 'silent') return [painter.paint('dim', notTold('baseline', null))];
  const { suppressed, mute, deliveries }: RecordedEvent = entry.recorded;
  if (deliveries.length === 0) return [painter.paint('dim', notTold(suppressed ?? 'no_route', mute))];
  const width = Math.max(...deliveries.map((delivery) => whomOf(delivery).length));
  return deliveries.map((delivery) => {
    const instead = delivery.insteadOf === null ? '' : `instead of ${delivery.insteadOf}: `;
    return `${whomOf(delivery).padEnd(width)}${GAP}${instead}${fateOf(delivery, painter)}`;
  });
}

/** The channel, or the one recipient of it who was owed the event apart. */
function whomOf({ channel, recipient }: Delivery): string {
  return recipient === null ? channel : `${channel} (${printable(recipient)})`;
}

function notTold(reason: SuppressReason, mute: Mute | null): string {
  switch (reason) {
    case 'no_route':
      return 'nobody was told: no route takes it';
    case 'muted':
      return `nobody was told: ${mute ? muteText(mute) : 'muted'}`;
    case 'baseline':
      return 'nobody was told: it was there at first sight (baseline)';
    default:
      return assertNever(reason);
  }
}

function fateOf(delivery: Delivery, painter: Painter): string {
  const { status, endedAt, nextAttemptAt, attemptsStarted } = delivery;
  const said = delivery.lastDetail === null ? '' : `: ${printable(delivery.lastDetail)}`;
  const tries = count(attemptsStarted, 'attempt');
  switch (status) {
    case 'delivered':
      return `told ${endedAt === null ? '' : formatInstant(endedAt)}${attemptsStarted > 1 ? ` after ${tries}` : ''}`;
    case 'pending':
      return attemptsStarted === 0
        ? untried(delivery)
        : painter.paint('yellow', `pending after ${tries}, next ${formatInstant(nextAttemptAt)}${said}`);
    case 'given_up':
      return painter.paint(
        'red',
        `given up ${endedAt === null ? '' : formatInstant(endedAt)} after ${tries}${said}`,
      );
    default:
      return assertNever(status);
  }
}

function untried({ heldUntil }: Delivery): string {
  return heldUntil === null
    ? 'pending, not tried yet'
    : `waits for the digest of ${formatInstant(heldUntil)}`;
}
