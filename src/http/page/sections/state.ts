import { formatSpan } from '../../../domain/instant.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { oncePerCause, type PageState, stateOf, type Trouble } from '../../../views/page/state.ts';
import { ago, clock, type Markup, many, markup, type Part } from '../markup.ts';

const LEVEL_WORDS = { problem: 'Problem', warning: 'Warning', starting: 'Starting', fine: 'Fine' } as const;

/** Is everything seen? If not: what, since when, why, and what to do. */
export function stateSection(facts: PageFacts): Markup {
  const state = stateOf(facts);
  return markup`<section id="state" class="card verdict ${state.level}" aria-labelledby="state-title">
<h2 id="state-title"><span class="mark" aria-hidden="true"></span><span class="visually-hidden">${LEVEL_WORDS[state.level]}: </span>${state.headline}</h2>
${state.troubles.length === 0 ? restingWords(state) : [troubleList(state.troubles, facts), runbookLink(facts)]}
${replicaWords(facts)}
</section>`;
}

function restingWords(state: PageState): Markup {
  return markup`<p class="quiet">${many(state.watches, 'watch', 'watches')}, ${lookWords(state)}.</p>`;
}

/** Of what is seen, when it was looked at last would be another time at every look, and the section be sent each time; how often it is tells as much. */
function lookWords({ level, lastLookAt, periods }: PageState): Part {
  if (level === 'fine' && periods !== null) return `looked at in time, every ${periodWords(periods)}`;
  return lastLookAt === null ? 'none looked at yet' : markup`last look ${ago(lastLookAt)}`;
}

function periodWords({ shortestMs, longestMs }: NonNullable<PageState['periods']>): string {
  const [shortest, longest] = [formatSpan(shortestMs), formatSpan(longestMs)];
  return shortest === longest ? shortest : `${shortest} to ${longest}`;
}

/** Names of watches in one line; a credential that is refused blinds them all. */
const MOST_NAMES = 12;

function troubleList(troubles: readonly Trouble[], { now }: PageFacts): Markup {
  return markup`<ul class="troubles">${oncePerCause(troubles).map(
    ({ level, about, words, detail, todo, since }) => markup`
<li class="${level}"><p>${about.length > 0 && markup`${names(about)}: `}${words}${since === null ? null : markup` <span class="quiet">since ${clock(since, now)}</span>`}</p>
${todo === null ? null : markup`<p class="todo"><span class="label">What to do</span> ${todo}</p>`}
${detail === null ? null : markup`<p class="detail">${detail}</p>`}</li>`,
  )}</ul>`;
}

function names(about: readonly string[]): Markup {
  const more = about.length - MOST_NAMES;
  const shown = about
    .slice(0, MOST_NAMES)
    .map((name, index) => markup`${index === 0 ? null : ', '}<b>${name}</b>`);
  return markup`${shown}${more > 0 && ` and ${more} more`}`;
}

function runbookLink({ runbookUrl }: PageFacts): Part {
  return runbookUrl === null
    ? null
    : markup`<p><a class="runbook" href="${runbookUrl}" rel="noreferrer">Your runbook</a></p>`;
}

/** Where several replicas share the work: whose page this is, and who does what. */
function replicaWords({ record, status }: PageFacts): Part {
  const replicas = record?.report.replicas ?? [];
  if (status.replicas === null || replicas.length === 0) return null;
  const own = replicas.find(({ isThisOne }) => isThisOne);
  return markup`<details id="replicas" class="replicas"><summary>This page is of replica ${own?.name ?? 'unknown'}, one of ${replicas.length}</summary>
<ul>${replicas.map(
    ({ name, version, units, isLeaving }) =>
      markup`<li><b>${name}</b> <span class="quiet">${version}${isLeaving ? ', leaving' : ''}</span>: ${units.length === 0 ? 'nothing' : units.join(', ')}</li>`,
  )}</ul></details>`;
}
