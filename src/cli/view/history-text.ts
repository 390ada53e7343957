import { flatSubject } from '../../domain/event/flat-subject.ts';
import { intoWords } from '../../domain/event/job-words.ts';
import { titleOf } from '../../domain/event/message.ts';
import { happenedAfter, isUndated } from '../../domain/event/undated.ts';
import { formatSpan } from '../../domain/instant.ts';
import { actorWords } from '../../domain/job/actor.ts';
import { assertNever, isMilestone, shortId } from '../../domain/job/restore-job.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { SuppressReason } from '../../domain/telling/routing.ts';
import type { Delivery } from '../../store/ports/outbox.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import { attestationText } from './attestation-text.ts';
import type { HistoryEntry } from './history-entry.ts';
import { muteText } from './mute-text.ts';
import type { Colour, Output } from './output.ts';
import { count, fold, formatInstant, printable } from './text.ts';

/** Colours what is printed, or does not. */
export type Painter = Pick<Output, 'paint' | 'width'>;

const INSTANT_WIDTH = '2026-11-02 08:14:05Z'.length;
const GAP = '  ';
const NARROWEST = 20;

/** Each entry as a block of lines: when and what, how it was found, and who was told. */
export function historyLines(
  entries: readonly HistoryEntry[],
  painter: Painter,
  /** Lines in place of who was told; `null`: no others for this entry. */
  insteadOfTold: (entry: HistoryEntry) => string[] | null = () => null,
): string[][] {
  const nameWidth = Math.max(...entries.map((entry) => nameOf(entry).length));
  const indent = ' '.repeat(INSTANT_WIDTH + GAP.length);
  return entries.map((entry) => {
    const { occurredAt } = entry;
    const when = (occurredAt === null ? 'time not known' : formatInstant(occurredAt)).padEnd(INSTANT_WIDTH);
    const name = painter.paint(colourOf(entry), nameOf(entry).padEnd(nameWidth));
    const titleIndent = ' '.repeat(indent.length + nameWidth + GAP.length);
    const [title = '', ...more] = fold(printable(titleOfEntry(entry)), roomFor(painter, titleIndent));
    return [
      [when, name, title].join(GAP).trimEnd(),
      ...more.map((line) => titleIndent + line),
      ...[sourceLine(entry), ...actorLines(entry), ...foundLines(entry)].flatMap((line) =>
        fold(line, roomFor(painter, indent)).map((part) => indent + part),
      ),
      ...(insteadOfTold(entry) ?? toldLines(entry, painter).map((line) => indent + line)),
    ];
  });
}

/** Columns behind an indent; on a terminal that is very narrow, lines get longer rather than no room. */
function roomFor({ width }: Painter, indent: string): number {
  return Math.max(NARROWEST, width - indent.length);
}

function nameOf(entry: HistoryEntry): string {
  switch (entry.kind) {
    case 'event':
      return entry.recorded.event.name;
    case 'silent':
      return entry.milestone;
    case 'attested':
      return 'attested';
  }
}

function colourOf(entry: HistoryEntry): Colour {
  if (entry.kind === 'silent') return 'dim';
  if (entry.kind === 'attested') return entry.attestation.result === 'passed' ? 'green' : 'red';
  const colours = { critical: 'red', warning: 'yellow', info: 'green' } as const;
  return colours[entry.recorded.event.severity];
}

function titleOfEntry(entry: HistoryEntry): string {
  if (entry.kind === 'event') return titleOf(entry.recorded.event);
  const { job, jobId } = entry.observation;
  const what = `Restore ${shortId(jobId)} of ${job?.instanceName ?? '?'}${job ? intoWords(job) : ''}`;
  return entry.kind === 'attested' ? `${what} ${attestationText(entry.attestation)}` : what;
}

function sourceLine({ jobId, watch }: HistoryEntry): string {
  // About a channel: no watch is concerned.
  if (watch === '') return 'about the delivery itself';
  return printable(jobId === null ? `watch ${watch}` : `job ${jobId}, watch ${watch}`);
}

/** `who began it: ann@example.com (likely)`: as it was known at that time, where the event itself does not say so. */
function actorLines(entry: HistoryEntry): string[] {
  if (entry.kind !== 'event' || entry.recorded.event.name === 'attributed') return [];
  const { job } = flatSubject(entry.recorded.event.subject);
  return job?.actor ? [printable(`who began it: ${actorWords(job.actor)}`)] : [];
}

/** When we found it, and how sure we are of the rest. */
function foundLines(entry: HistoryEntry): string[] {
  // It was said at the moment that is shown.
  if (entry.kind === 'attested') return [];
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
  return [marks.join(', ')];
}

/** Of what nobody dates: `it happened then or before, after 2026-11-02 08:14:05Z`. */
function betweenLooks(entry: HistoryEntry): string[] {
  if (entry.kind !== 'event' || entry.recorded.event.reminder !== null) return [];
  const { event } = entry.recorded;
  if (!isMilestone(event.name) || !isUndated(event)) return [];
  const after = happenedAfter(event);
  return [
    `happened then at the latest${after === null ? '' : `, after the look of ${formatInstant(after)}`}`,
  ];
}

function toldLines(entry: HistoryEntry, painter: Painter): string[] {
  if (entry.kind === 'attested') return [];
  if (entry.kind === 'silent') return [painter.paint('dim', notTold('baseline', null))];
  const { suppressed, mute, deliveries }: RecordedEvent = entry.recorded;
  if (deliveries.length === 0) return [painter.paint('dim', notTold(suppressed ?? 'no_route', mute))];
  const width = Math.max(...deliveries.map((delivery) => whomOf(delivery).length));
  return deliveries.map((delivery) => {
    const instead = delivery.insteadOf === null ? '' : `instead of ${delivery.insteadOf}: `;
    const { text, colour } = fateOf(delivery);
    const fate = colour === null ? text : painter.paint(colour, text);
    return `${whomOf(delivery).padEnd(width)}${GAP}${instead}${fate}`;
  });
}

/** What became of what was owed to one channel, of the whole channel or of one recipient each; in lines behind `indent`. */
export function toldOf(deliveries: readonly Delivery[], painter: Painter, indent: string): string[] {
  return deliveries.flatMap((delivery) => {
    const whom = delivery.recipient === null ? '' : `${printable(delivery.recipient)}: `;
    const { text, colour } = fateOf(delivery);
    return fold(`${whom}${text}`, roomFor(painter, indent)).map((line) =>
      colour === null ? line : painter.paint(colour, line),
    );
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

function fateOf(delivery: Delivery): { text: string; colour: Colour | null } {
  const { status, endedAt, nextAttemptAt, attemptsStarted } = delivery;
  const said = delivery.lastDetail === null ? '' : `: ${printable(delivery.lastDetail)}`;
  const tries = count(attemptsStarted, 'attempt');
  const ended = endedAt === null ? '' : formatInstant(endedAt);
  switch (status) {
    case 'delivered':
      return { text: `told ${ended}${attemptsStarted > 1 ? ` after ${tries}` : ''}`, colour: null };
    case 'pending':
      return attemptsStarted === 0
        ? { text: untried(delivery), colour: null }
        : {
            text: `pending after ${tries}, next ${formatInstant(nextAttemptAt)}${said}`,
            colour: 'yellow',
          };
    case 'given_up':
      return { text: `given up ${ended} after ${tries}${said}`, colour: 'red' };
    default:
      return assertNever(status);
  }
}

function untried({ heldUntil }: Delivery): string {
  return heldUntil === null
    ? 'pending, not tried yet'
    : `waits for the digest of ${formatInstant(heldUntil)}`;
}
