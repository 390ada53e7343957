import type { PageFacts } from '../../../views/page/facts.ts';
import { type FeedRow, feedRow } from '../../../views/page/feed.ts';
import { clock, idPart, type Markup, markup } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { toldWords } from '../told.ts';
import { notRead, readBefore } from './not-read.ts';

/** What happened last, and who was told. */
export function eventsSection(facts: PageFacts, part: PartMaker): Markup {
  const rows = (facts.record?.events ?? []).map(feedRow);
  return markup`<section id="events" aria-labelledby="events-title">
<h2 id="events-title">Recent events</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : rows.length === 0 ? none(facts) : markup`<ol class="feed">${rows.map((row) => part('li', idOf(row), () => item(row, facts)))}</ol>`}
</section>`;
}

function none({ query }: PageFacts): Markup {
  const isFiltered = query.watch !== null || query.event !== null;
  return markup`<p class="quiet">${isFiltered ? 'None of the latest events is of this kind.' : 'Nothing has happened yet.'}</p>`;
}

function idOf({ id }: FeedRow): string {
  return `event-${idPart(id)}`;
}

function item(row: FeedRow, { now }: PageFacts): Markup {
  const { at, name, severity, summary, jobId } = row;
  const words =
    jobId === null
      ? summary
      : markup`<a class="plain" href="/jobs/${encodeURIComponent(jobId)}">${summary}</a>`;
  return markup`<li id="${idOf(row)}"><span class="when">${clock(at, now)}</span>
<span class="pill ${severity}">${name.replaceAll('_', ' ')}</span>
<span class="what">${words} <span class="whom">${toldWords(row, now)}</span></span></li>`;
}
