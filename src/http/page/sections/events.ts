import type { RecordedEvent } from '../../../store/ports/records.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { feedRow } from '../../../views/page/feed.ts';
import { clock, dayOf, idPart, type Markup, markup } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { toldWords } from '../told.ts';
import { notRead, readBefore } from './not-read.ts';

/** So many stand there without a click. */
const SHOWN = 8;

/** What happened last, and who was told. */
export function eventsSection(facts: PageFacts, part: PartMaker): Markup {
  const events = facts.record?.events ?? [];
  const rows = events.map((recorded) =>
    part('li', idOf(recorded), () => item(recorded, facts), [dayOf(facts.now), recorded]),
  );
  return markup`<section id="events" aria-labelledby="events-title">
<h2 id="events-title">Recent events</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : rows.length === 0 ? none(facts) : feed(rows)}
</section>`;
}

/** The newest, and those before them for who opens them: what stands below the feed is not to be far away. */
function feed(rows: readonly Markup[]): Markup {
  const earlier = rows.slice(SHOWN);
  return markup`<ol class="feed">${rows.slice(0, SHOWN)}</ol>${
    earlier.length > 0 &&
    markup`
<details id="events-earlier"><summary>${earlier.length} before these</summary><ol class="feed">${earlier}</ol></details>`
  }`;
}

function none({ query }: PageFacts): Markup {
  const isFiltered = query.watch !== null || query.event !== null;
  return markup`<p class="quiet">${isFiltered ? 'None of the latest events is of this kind.' : 'Nothing has happened yet.'}</p>`;
}

function idOf({ event }: RecordedEvent): string {
  return `event-${idPart(event.id)}`;
}

function item(recorded: RecordedEvent, { now }: PageFacts): Markup {
  const row = feedRow(recorded);
  const { at, name, severity, summary, jobId } = row;
  const words =
    jobId === null
      ? summary
      : markup`<a class="plain" href="/jobs/${encodeURIComponent(jobId)}">${summary}</a>`;
  return markup`<li id="${idOf(recorded)}"><span class="when">${clock(at, now)}</span>
<span class="pill ${severity}">${name.replaceAll('_', ' ')}</span>
<span class="what">${words} <span class="whom">${toldWords(row, now)}</span></span></li>`;
}
