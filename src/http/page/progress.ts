import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { RunningCard } from '../../views/page/running.ts';
import { clock, type Markup, markup, type Part, roughSpan } from './markup.ts';

/** Of fewer restores nine of ten say nothing. */
const ENOUGH_FOR_TENTHS = 5;
const MINUTE_MS = 60_000;

/** Draws how far a restore is, and says when it should end, whether the time that is agreed is kept, and since when nobody sees it. */
export function progressOf(card: RunningCard, at: { now: Timestamp }): Markup {
  return markup`${bar(card)}
<p>${progressWords(card, at)}</p>${rtoWords(card, at)}${unseenWords(card, at)}`;
}

/** All that it is made of, as far as it shows. */
export function partsOfProgress({ elapsedMs, share, expectedEndAt, ...card }: RunningCard): unknown[] {
  const { job, basis, usual, isOver, rtoMs, unseenSince } = card;
  return [
    ...[
      isOver,
      basis,
      roughSpan(elapsedMs),
      share && percent(share),
      expectedEndAt && toMinute(expectedEndAt),
    ],
    ...[usual?.usualMs, usual?.mostMs, usual?.samples, unseenSince],
    ...[rtoMs, rtoStanding({ job, rtoMs, elapsedMs, expectedEndAt })],
  ];
}

function bar({ share, basis, isOver }: RunningCard): Markup {
  if (share === null) {
    const label = isOver ? 'Longer than usual; nobody knows how far it is' : 'Nobody knows how far it is';
    return markup`<progress aria-label="${label}"></progress>`;
  }
  const label = basis === 'progress' ? 'Documents restored' : 'Of the usual time';
  return markup`<progress max="100" value="${percent(share)}" aria-label="${label}"></progress>`;
}

function progressWords(
  { elapsedMs, usual, share, basis, expectedEndAt, isOver }: RunningCard,
  { now }: { now: Timestamp },
): Markup {
  const within =
    usual !== null && usual.samples >= ENOUGH_FOR_TENTHS
      ? ` (nine of ten within ${usualSpan(usual.mostMs, Math.ceil)})`
      : '';
  const ends =
    expectedEndAt === null
      ? null
      : markup`, <b class="together">ends about ${clock(toMinute(expectedEndAt), now)}</b>`;
  if (basis === 'progress' && share !== null) {
    return markup`<b>${percent(share)} %</b> restored after ${roughSpan(elapsedMs)}${ends}`;
  }
  if (usual === null)
    return markup`<b>${roughSpan(elapsedMs)}</b> so far; nothing tells how long it takes here`;
  if (isOver) {
    return markup`<b>${roughSpan(elapsedMs)}</b>, longer than usual: half of them take ${usualSpan(usual.usualMs)} or less${within}`;
  }
  return markup`${roughSpan(elapsedMs)} of usually ${usualSpan(usual.usualMs)}${within}${ends}`;
}

function percent(share: number): number {
  return Math.round(share * 100);
}

/** Shown to the minute: by its own progress, the end of a restore is another one at every look. */
function toMinute(at: Timestamp): Timestamp {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** To the minute: seconds would claim to know more than is usual. Short ones are as they are. */
function usualSpan(ms: number, toWhole: (minutes: number) => number = Math.round): string {
  return formatSpan(ms < 2 * MINUTE_MS ? ms : toWhole(ms / MINUTE_MS) * MINUTE_MS);
}

/** What stands there was seen before the watch went blind. */
function unseenWords({ unseenSince }: RunningCard, { now }: { now: Timestamp }): Part {
  if (unseenSince === null) return null;
  return markup`<p class="bad">Not seen since ${clock(unseenSince, now)}: its watch is blind</p>`;
}

type RtoFacts = Pick<RunningCard, 'job' | 'rtoMs' | 'elapsedMs' | 'expectedEndAt'>;

/** Whether the time that is agreed is kept, as far as can be told now. */
function rtoStanding({ job, rtoMs, elapsedMs, expectedEndAt }: RtoFacts): 'over' | 'likely_over' | 'kept' {
  if (rtoMs === null) return 'kept';
  if (elapsedMs > rtoMs) return 'over';
  return expectedEndAt !== null && expectedEndAt > job.createdAt + rtoMs ? 'likely_over' : 'kept';
}

function rtoWords(card: RunningCard, { now }: { now: Timestamp }): Part {
  const { job, rtoMs } = card;
  if (rtoMs === null) return null;
  const end = clock(job.createdAt + rtoMs, now);
  const span = formatSpan(rtoMs);
  switch (rtoStanding(card)) {
    case 'over':
      return markup`<p class="bad">Over its RTO of ${span} since ${end}</p>`;
    case 'likely_over':
      return markup`<p class="bad">Likely over its RTO of ${span}, which ends ${end}</p>`;
    case 'kept':
      return markup`<p class="quiet">RTO ${span}, until ${end}</p>`;
  }
}
