import { EVENT_NAMES } from '../../domain/event/event.ts';
import type { PageFacts } from '../../views/page/facts.ts';
import { type Markup, markup } from './markup.ts';

/** Who has more watches does not choose among them, but types a part of a name; hundreds to choose from also are what a browser takes longest to draw. */
const MOST_TO_CHOOSE_FROM = 40;

/** What of everything is to be shown: it is asked for by an address, which can be shared. */
export function filterForm(facts: PageFacts): Markup {
  const { query } = facts;
  return markup`<form class="filter" action="/" role="search" aria-label="Filter">
<input type="hidden" name="range" value="${query.range}">
<label><span class="of">Watch</span> ${watchField(facts)}</label>
<label><span class="of">Events</span> <select name="event">${option('', 'every event', query.event ?? '')}${EVENT_NAMES.map((name) => option(name, name.replaceAll('_', ' '), query.event ?? ''))}</select></label>
<button>Show</button>${query.watch === null && query.event === null ? null : markup` <a href="/?range=${query.range}">Show everything</a>`}</form>`;
}

/** The names that fit what is typed in the form, where there are too many to choose from. It may stand anywhere in the page. */
export function watchChoices(facts: PageFacts): Markup | null {
  const names = namesOf(facts);
  if (names.length <= MOST_TO_CHOOSE_FROM) return null;
  return markup`<datalist id="watch-names">${names.map((name) => markup`<option value="${name}">`)}</datalist>`;
}

function watchField(facts: PageFacts): Markup {
  const chosen = facts.query.watch ?? '';
  const names = namesOf(facts);
  return names.length > MOST_TO_CHOOSE_FROM
    ? markup`<input name="watch" list="watch-names" placeholder="every watch" value="${chosen}" autocomplete="off">`
    : markup`<select name="watch">${option('', 'every watch', chosen)}${names.map((name) => option(name, name, chosen))}</select>`;
}

function option(value: string, words: string, chosen: string): Markup {
  return markup`<option value="${value}"${value === chosen ? markup` selected` : null}>${words}</option>`;
}

function namesOf({ status }: PageFacts): string[] {
  return status.watches.map(({ watch }) => watch);
}
