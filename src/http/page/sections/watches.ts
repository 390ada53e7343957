import { formatSpan } from '../../../domain/instant.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { pageAddress } from '../../../views/page/query.ts';
import { type WatchRow, watchRows } from '../../../views/page/watches.ts';
import type { WatchSight } from '../../../views/status/report.ts';
import { actLink } from '../act-link.ts';
import { ago, clock, idPart, type Markup, markup, type Part } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { readBefore } from './not-read.ts';

const SIGHT_WORDS: Readonly<Record<WatchSight, string>> = {
  sees: 'sees',
  partly_blind: 'partly blind',
  blind: 'blind',
  starting: 'first look',
  elsewhere: 'elsewhere',
  unwatched: 'not watched',
};

/** Every watch: does it see, when did it look, what runs, when did a restore finish. */
export function watchesSection(facts: PageFacts, part: PartMaker): Markup {
  return markup`<section id="watches" aria-labelledby="watches-title">
<h2 id="watches-title">Watches</h2>
${readBefore(facts)}<div class="wide" tabindex="0" role="region" aria-label="All watches"><table>
<thead><tr><th scope="col">Watch</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Last look</th><th scope="col" class="number">Running</th><th scope="col">Last restore</th></tr></thead>
<tbody>${watchRows(facts).map((row) => part('tr', idOf(row), () => rowMarkup(row, facts)))}</tbody></table></div>
</section>`;
}

function idOf({ watch }: WatchRow): string {
  return `watch-${idPart(watch)}`;
}

function rowMarkup(row: WatchRow, { now, query, viewer }: PageFacts): Markup {
  const { watch, kind, what, sight, since, running, lastFinishAt, polledBy } = row;
  const address = pageAddress({ ...query, watch });
  return markup`<tr id="${idOf(row)}"><th scope="row"><a class="plain" href="${address}">${watch}</a>${what === watch ? null : markup` <span class="quiet">${what}</span>`}</th><td>${kind}</td>
<td><span class="pill sight-${sight}">${SIGHT_WORDS[sight]}</span>${sightNote(sight, since, polledBy, now)} ${actLink(viewer, 'mute', { watch }, 'Mute')}</td>
<td>${lookWords(row)} ${sight === 'elsewhere' ? null : actLink(viewer, 'poll', { watch }, 'Poll now')}</td><td class="number">${running ?? '?'}</td>
<td>${lastFinishAt === null ? markup`<span class="quiet">none</span>` : clock(lastFinishAt, now)}</td></tr>`;
}

/** Of a watch that sees, when it was looked at last would be another time at every look; how often it is tells as much. */
function lookWords({ sight, lastLookAt, periodMs }: WatchRow): Part {
  if (sight === 'sees') return `in time, every ${formatSpan(periodMs)}`;
  return lastLookAt === null ? 'never' : ago(lastLookAt);
}

function sightNote(sight: WatchSight, since: number | null, polledBy: string | null, now: number): Part {
  if (sight === 'elsewhere')
    return markup` <span class="quiet">polled by ${polledBy ?? 'another replica'}</span>`;
  if (since === null || sight === 'sees') return null;
  return markup` <span class="quiet">since ${clock(since, now)}</span>`;
}
