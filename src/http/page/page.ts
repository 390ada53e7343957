import { raw } from 'hono/html';
import { toIso } from '../../domain/instant.ts';
import type { PageFacts } from '../../views/page/facts.ts';
import { hasSameRecord } from '../../views/page/same-record.ts';
import { hasSameTimeline } from '../../views/page/timeline.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { hasSameWatches } from '../../views/page/watches.ts';
import { type AssetPaths, bodyEnd, bodyStart, documentHead, sheet } from './document.ts';
import { filterForm, watchChoices } from './filter-form.ts';
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

/** Of most sections, whether they would be the same, without rendering them. */
const WOULD_BE_SAME: Partial<Record<keyof typeof SECTIONS, (one: PageFacts, other: PageFacts) => boolean>> = {
  timeline: hasSameTimeline,
  events: hasSameRecord,
  watches: hasSameWatches,
  deliveries: hasSameRecord,
  mutes: hasSameRecord,
  record: hasSameRecord,
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

/** The first piece of the page, which is the same whatever there is to show. */
export function pageHead(assets: AssetPaths): string {
  return documentHead({ title: 'restore-watcher', assets });
}

/**
 * What follows the head, in two pieces: what is wrong and what runs first, so that a browser shows that while it reads the rest. The page is complete
 * without the script; `data-live` tells that where to listen.
 */
export function pageBody(
  facts: PageFacts,
  sections: ReadonlyMap<SectionName, RenderedSection>,
  { assets, said = null }: { assets: AssetPaths; said?: string | null },
): [first: string, rest: string] {
  const of = (name: SectionName): Markup => raw(sections.get(name)?.html ?? '');
  const footer = markup`restore-watcher ${facts.version}. All times are in <span data-zone>UTC</span>. ${HOW_TO_ACT[facts.viewer]}`;
  return [
    `${pageTop(facts, sections)}${markup`${saidNotice(said)}${of('state')}${of('running')}`}`,
    `${markup`${sheet(assets.recordCss)}${of('timeline')}${of('events')}${of('watches')}${watchChoices(facts)}
<div class="columns">${of('deliveries')}<div>${of('mutes')}${of('record')}</div></div>`}${bodyEnd(footer)}`,
  ];
}

function pageTop(facts: PageFacts, sections: ReadonlyMap<SectionName, RenderedSection>): string {
  const { now, query, viewer } = facts;
  const search = new URLSearchParams({
    range: query.range,
    watch: query.watch ?? '',
    event: query.event ?? '',
  });
  return bodyStart({
    attributes: markup` data-live="/live?${search.toString()}" data-marks="${marksText(sections)}"`,
    top: markup`<h1><a href="/">restore-watcher</a></h1>
<p id="live"><span id="live-state" role="status"></span> <span class="quiet">as of <time id="as-of" datetime="${toIso(now)}" data-as="seconds">${toIso(now).slice(11, 19)}</time> <span id="zone-name">UTC</span></span> <button type="button" id="zone" hidden>Use my time zone</button></p>
${filterForm(facts)}${logOut(viewer)}`,
  });
}

/** `state.Ab3_x,running.…`: by which a page says what it shows when it begins to listen. */
function marksText(sections: ReadonlyMap<SectionName, RenderedSection>): string {
  return [...sections].map(([name, { mark }]) => `${name}.${mark}`).join();
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
