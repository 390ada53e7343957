import { raw } from 'hono/html';
import { EVENT_NAMES } from '../../domain/event/event.ts';
import { toIso } from '../../domain/instant.ts';
import type { PageFacts } from '../../views/page/facts.ts';
import { hasSameTimeline } from '../../views/page/timeline.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { hasSameWatches } from '../../views/page/watches.ts';
import { type AssetPaths, document } from './document.ts';
import { type Markup, markup } from './markup.ts';
import { type RenderedSection, renderSection } from './parts.ts';
import { HOW_TO_ACT } from './refused.ts';
import { deliveriesSection } from './sections/deliveries.ts';
import { eventsSection } from './sections/events.ts';
import { mutesSection } from './sections/mutes.ts';
import { recordSection } from './sections/record.ts';
import { runningSection } from './sections/running.ts';
import { stateSection } from './sections/state.ts';
import { timelineSection } from './sections/timeline.ts';
import { watchesSection } from './sections/watches.ts';

/** Every section, in the order of the page: what is wrong first. */
const SECTIONS = {
  state: stateSection,
  running: runningSection,
  timeline: timelineSection,
  events: eventsSection,
  watches: watchesSection,
  deliveries: deliveriesSection,
  mutes: mutesSection,
  record: recordSection,
} as const;

/** Of the sections that take longest, whether they would be the same, without rendering them. */
const WOULD_BE_SAME: Partial<Record<keyof typeof SECTIONS, (one: PageFacts, other: PageFacts) => boolean>> = {
  timeline: hasSameTimeline,
  watches: hasSameWatches,
};

/** A section by its id in the page. */
export type SectionName = keyof typeof SECTIONS;
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** What a page was rendered of, and what came of it. */
export interface RenderedPage {
  facts: PageFacts;
  sections: Map<SectionName, RenderedSection>;
}

/**
 * Renders every section. The same facts give the same text.
 * @param before the same page a moment ago: what is as it was is taken from there.
 */
export function renderSections(
  facts: PageFacts,
  before: RenderedPage | null = null,
): Map<SectionName, RenderedSection> {
  return new Map(
    SECTION_NAMES.map((name) => {
      const known = before?.sections.get(name) ?? null;
      if (known !== null && before !== null && WOULD_BE_SAME[name]?.(before.facts, facts))
        return [name, known];
      return [name, renderSection((part) => SECTIONS[name](facts, part), known)];
    }),
  );
}

/** Renders the whole page. It is complete without the script; `data-live` tells that where to listen. */
export function renderPage(
  facts: PageFacts,
  sections: ReadonlyMap<SectionName, RenderedSection>,
  assets: AssetPaths,
  said: string | null = null,
): string {
  const { now, query, version } = facts;
  const search = new URLSearchParams({
    range: query.range,
    watch: query.watch ?? '',
    event: query.event ?? '',
  });
  const of = (name: SectionName): Markup => raw(sections.get(name)?.html ?? '');
  return document({
    title: 'restore-watcher',
    assets,
    attributes: markup` data-live="/live?${search.toString()}" data-marks="${marksText(sections)}"`,
    body: {
      top: markup`<h1><a href="/">restore-watcher</a></h1>
<p id="live"><span id="live-state" role="status"></span> <span class="quiet">as of <time id="as-of" datetime="${toIso(now)}" data-as="seconds">${toIso(now).slice(11, 19)}</time> <span id="zone-name">UTC</span></span> <button type="button" id="zone" hidden>Use my time zone</button></p>
${filterForm(facts)}${logOut(facts.viewer)}`,
      main: markup`${saidNotice(said)}${of('state')}${of('running')}${of('timeline')}${of('events')}${of('watches')}
<div class="columns">${of('deliveries')}<div>${of('mutes')}${of('record')}</div></div>`,
      footer: markup`restore-watcher ${version}. All times are in <span data-zone>UTC</span>. ${HOW_TO_ACT[facts.viewer]}`,
    },
  });
}

/** `state.Ab3_x,running.…`: by which a page says what it shows when it begins to listen. */
function marksText(sections: ReadonlyMap<SectionName, RenderedSection>): string {
  return [...sections].map(([name, { mark }]) => `${name}.${mark}`).join();
}

function filterForm({ query, status }: PageFacts): Markup {
  const option = (value: string, words: string, chosen: string): Markup =>
    markup`<option value="${value}"${value === chosen ? markup` selected` : null}>${words}</option>`;
  const names = status.watches.map(({ watch }) => watch);
  return markup`<form class="filter" action="/" role="search" aria-label="Filter">
<input type="hidden" name="range" value="${query.range}">
<label><span class="of">Watch</span> <select name="watch">${option('', 'every watch', query.watch ?? '')}${names.map((name) => option(name, name, query.watch ?? ''))}</select></label>
<label><span class="of">Events</span> <select name="event">${option('', 'every event', query.event ?? '')}${EVENT_NAMES.map((name) => option(name, name.replaceAll('_', ' '), query.event ?? ''))}</select></label>
<button>Show</button>${query.watch === null && query.event === null ? null : markup` <a href="/?range=${query.range}">Show everything</a>`}</form>`;
}

/** What the action did that led here. */
export function saidNotice(said: string | null): Markup | null {
  return said === null ? null : markup`<p class="said" role="status" tabindex="-1" autofocus>${said}</p>`;
}

/** The way out, for who came in by a token. */
function logOut(viewer: Viewer): Markup | null {
  if (viewer === 'anybody') return null;
  return markup`
<form class="session" method="post" action="/logout"><button>Log out</button></form>`;
}
