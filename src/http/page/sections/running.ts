import { intoWords } from '../../../domain/event/job-words.ts';
import { formatSpan, type Timestamp } from '../../../domain/instant.ts';
import { actorWords } from '../../../domain/job/actor.ts';
import { isDownload, shortId } from '../../../domain/job/restore-job.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { feedRow } from '../../../views/page/feed.ts';
import { type RunningCard, runningCards } from '../../../views/page/running.ts';
import { clock, dayOf, idPart, type Markup, markup, type Part, roughSpan } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { toldWords } from '../told.ts';
import { notRead } from './not-read.ts';

/** What runs, and when it should end. */
export function runningSection(facts: PageFacts, part: PartMaker): Markup {
  const cards = runningCards(facts);
  const count = cards.length === 0 ? null : markup` <span class="count">${cards.length}</span>`;
  return markup`<section id="running" aria-labelledby="running-title">
<h2 id="running-title">Running now${count}</h2>
${facts.record === null ? notRead(facts) : cards.length === 0 ? nothingRuns(facts) : markup`<div class="cards">${cards.map((card) => part('article', idOf(card), () => cardMarkup(card, facts), partsOfCard(card, facts)))}</div>`}
</section>`;
}

function nothingRuns({ record, now }: PageFacts): Markup {
  const last = record?.lastFinish ?? null;
  const words =
    last === null
      ? 'None has finished yet on record.'
      : markup`The last one to finish: ${last.instanceName}, ${clock(last.finishedAt, now)}.`;
  return markup`<p class="quiet">No restore is running. ${words}</p>`;
}

function idOf({ watch, job }: RunningCard): string {
  return `run-${idPart(watch)}-${idPart(job.id)}`;
}

/** All that a card is made of, as far as it shows. */
function partsOfCard({ job, elapsedMs, share, expectedEndAt, ...card }: RunningCard, { now }: PageFacts) {
  const { watch, basis, usual, isOver, rtoMs, events } = card;
  return [
    ...[dayOf(now), watch, job.id, job.kind, job.deliveryType, job.instanceName, job.createdAt],
    ...[intoWords(job), job.actor && actorWords(job.actor), isOver, basis, roughSpan(elapsedMs)],
    ...[share && percent(share), expectedEndAt && toMinute(expectedEndAt)],
    ...[usual?.usualMs, usual?.mostMs, usual?.samples],
    ...[rtoMs, rtoStanding({ job, rtoMs, elapsedMs, expectedEndAt }), ...events],
  ];
}

function cardMarkup(card: RunningCard, facts: PageFacts): Markup {
  const { job, watch, events, isOver } = card;
  const id = idOf(card);
  return markup`<article class="card run${isOver ? ' over' : ''}" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="/jobs/${encodeURIComponent(job.id)}">${routeWords(card)}</a></h3>
<p class="quiet">${job.kind === job.deliveryType ? job.kind : `${job.kind}, ${job.deliveryType}`}, watch ${watch}, began ${clock(job.createdAt, facts.now)}, ${shortId(job.id)}${job.actor ? `, by ${actorWords(job.actor)}` : ''}</p>
${bar(card)}
<p>${progressWords(card, facts)}</p>${rtoWords(card, facts)}
<details id="${id}-told"><summary>What was told to whom</summary>${
    events.length === 0
      ? markup`<p class="quiet">Nothing yet.</p>`
      : markup`<ul class="told">${events.map((event) => {
          const row = feedRow(event);
          return markup`<li>${clock(row.at, facts.now)} <b>${row.name}</b> ${toldWords(row, facts.now)}</li>`;
        })}</ul>`
  }</details>
</article>`;
}

/** `orders → orders-copy`, in words for who hears it. */
function routeWords({ job }: RunningCard): Part {
  if (isDownload(job)) return `${job.instanceName}, a download`;
  const into = intoWords(job).replace(/^ to /, '');
  return markup`${job.instanceName} <span aria-hidden="true">→</span><span class="visually-hidden">to</span> ${into || 'an unknown target'}`;
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
  { now }: PageFacts,
): Markup {
  const within =
    usual !== null && usual.samples >= ENOUGH_FOR_TENTHS
      ? ` (nine of ten within ${formatSpan(usual.mostMs)})`
      : '';
  const ends = expectedEndAt === null ? null : markup`, ends about ${clock(toMinute(expectedEndAt), now)}`;
  if (basis === 'progress' && share !== null) {
    return markup`<b>${percent(share)} %</b> restored after ${roughSpan(elapsedMs)}${ends}`;
  }
  if (usual === null)
    return markup`<b>${roughSpan(elapsedMs)}</b> so far; nothing tells how long it takes here`;
  if (isOver) {
    return markup`<b>${roughSpan(elapsedMs)}</b>, longer than usual: half of them take ${formatSpan(usual.usualMs)}${within}`;
  }
  return markup`<b>${roughSpan(elapsedMs)}</b> of usually ${formatSpan(usual.usualMs)}${within}${ends}`;
}

function percent(share: number): number {
  return Math.round(share * 100);
}

/** Shown to the minute: by its own progress, the end of a restore is another one at every look. */
function toMinute(at: Timestamp): Timestamp {
  return Math.floor(at / 60_000) * 60_000;
}

type RtoFacts = Pick<RunningCard, 'job' | 'rtoMs' | 'elapsedMs' | 'expectedEndAt'>;

/** Whether the time that is agreed is kept, as far as can be told now. */
function rtoStanding({ job, rtoMs, elapsedMs, expectedEndAt }: RtoFacts): 'over' | 'likely_over' | 'kept' {
  if (rtoMs === null) return 'kept';
  if (elapsedMs > rtoMs) return 'over';
  return expectedEndAt !== null && expectedEndAt > job.createdAt + rtoMs ? 'likely_over' : 'kept';
}

function rtoWords(card: RunningCard, { now }: PageFacts): Part {
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

/** Of fewer restores nine of ten say nothing. */
const ENOUGH_FOR_TENTHS = 5;
