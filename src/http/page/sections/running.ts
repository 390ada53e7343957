import { intoWords } from '../../../domain/event/job-words.ts';
import { actorWords } from '../../../domain/job/actor.ts';
import { isDownload, shortId } from '../../../domain/job/restore-job.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { feedRow } from '../../../views/page/feed.ts';
import { type RunningCard, runningCards } from '../../../views/page/running.ts';
import { clock, dayOf, idPart, type Markup, markup, type Part } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { partsOfProgress, progressOf } from '../progress.ts';
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
function partsOfCard(card: RunningCard, { now }: PageFacts): readonly unknown[] {
  const { watch, job, events } = card;
  return [
    ...[dayOf(now), watch, job.id, job.kind, job.deliveryType, job.instanceName, job.createdAt],
    ...[intoWords(job), job.actor && actorWords(job.actor), ...partsOfProgress(card), ...events],
  ];
}

function cardMarkup(card: RunningCard, facts: PageFacts): Markup {
  const { job, watch, events, isOver } = card;
  const id = idOf(card);
  return markup`<article class="card run${isOver ? ' over' : ''}" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="/jobs/${encodeURIComponent(job.id)}">${routeWords(card)}</a></h3>
<p class="quiet">began ${clock(job.createdAt, facts.now)}${job.actor ? ` by ${actorWords(job.actor)}` : ''}, watch ${watch}, ${job.kind === job.deliveryType ? job.kind : `${job.kind}, ${job.deliveryType}`}, ${shortId(job.id)}</p>
${progressOf(card, facts)}
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
