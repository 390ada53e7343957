import { kindOf } from '../../../domain/event/event.ts';
import { atMost, intoWords } from '../../../domain/event/job-words.ts';
import { describeEvent } from '../../../domain/event/message.ts';
import { watchOf } from '../../../domain/event/subject.ts';
import { happenedAfter, isUndated } from '../../../domain/event/undated.ts';
import { formatSpan, type Timestamp, toIso } from '../../../domain/instant.ts';
import { actorWords } from '../../../domain/job/actor.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import { isDownload, type RestoreJob, shortId } from '../../../domain/job/restore-job.ts';
import { firstOutcome, tookOf } from '../../../domain/job/took.ts';
import type { RecordedEvent } from '../../../store/ports/records.ts';
import { usualRangeOf } from '../../../views/page/durations.ts';
import { feedRow, toldBy } from '../../../views/page/feed.ts';
import type { JobFacts } from '../../../views/page/job/job-facts.ts';
import { pageAddress } from '../../../views/page/query.ts';
import { runningCard } from '../../../views/page/running.ts';
import type { Viewer } from '../../../views/page/viewer.ts';
import { shownState } from '../../../views/shown-state.ts';
import { silentMilestones } from '../../../views/silent-milestones.ts';
import type { WatchStatus } from '../../../watcher/status.ts';
import { actLink } from '../act-link.ts';
import { type AssetPaths, document } from '../document.ts';
import { durationsPlot } from '../durations-plot.ts';
import { clock, type Markup, markup, type Part, roughSpan } from '../markup.ts';
import { saidNotice } from '../page.ts';
import { progressOf } from '../progress.ts';
import { STATE_LEVELS, STATE_WORDS } from '../states.ts';
import { toldWords } from '../told.ts';
import { logSection } from './log-section.ts';

/** What the page of a restore holds besides the restore. */
export interface JobPageParts {
  version: string;
  viewer: Viewer;
  /** What an action before did, in words. */
  said: string | null;
  /** Within how many milliseconds restores of its watch are to have ended; `null`: nothing is agreed. */
  rtoMs: number | null;
  /** How the watches are doing: one of a blind watch may be over by now. */
  watches: readonly WatchStatus[];
}

/** Renders the page of one restore: its life, who was told of it and how that went, what is usual there. */
export function renderJobPage(
  facts: JobFacts,
  assets: AssetPaths,
  { version, viewer, said, rtoMs, watches }: JobPageParts,
): string {
  const { observation, now } = facts;
  const { job, jobId } = observation;
  const state = shownState(observation);
  const title = job === null ? `Restore ${shortId(jobId)}` : titleOf(job);
  return document({
    title: `${title} · restore-watcher`,
    assets,
    hasRecord: true,
    body: {
      top: markup`<h1><a href="/">restore-watcher</a></h1><p id="live"><a href="/">All restores</a> <span class="quiet">as of <time id="as-of" datetime="${toIso(now)}" data-as="seconds">${toIso(now).slice(11, 19)}</time> <span id="zone-name">UTC</span></span> <button type="button" id="zone" hidden>Use my time zone</button></p>`,
      main: markup`${saidNotice(said)}<section class="card job verdict ${STATE_LEVELS[state]}" aria-labelledby="job-title"><h2 id="job-title">${title} <span class="pill state-${state}">${STATE_WORDS[state]}</span></h2>
${standing(facts, { rtoMs, watches })}
${job?.errorMessage ? markup`<p class="notice"><span class="label">Atlas says</span> ${job.errorMessage}</p>` : null}${observation.anomaly === null ? null : markup`<p class="notice">${observation.anomaly}</p>`}
${nextSteps(facts, viewer)}
${factList(facts, rtoMs)}</section>
${job === null ? null : durationsSection(facts, job)}
${lifeSection(facts)}
${attestedSection(facts)}${toldSection(facts, viewer)}
${logSection(facts)}`,
      footer: markup`restore-watcher ${version}. All times are in <span data-zone>UTC</span>.`,
    },
  });
}

/** How far it is while it runs; else when it began and ended, and how long that took. */
function standing(facts: JobFacts, { rtoMs, watches }: Pick<JobPageParts, 'rtoMs' | 'watches'>): Part {
  const { observation, now } = facts;
  const { job, noticed } = observation;
  if (job === null) return null;
  if (shownState(observation) === 'in_progress') {
    const rtos = new Map(rtoMs === null ? [] : [[observation.watch, rtoMs]]);
    return progressOf(runningCard(facts, job, { now, rtos, watches }), facts);
  }
  const outcome = firstOutcome(job.reached);
  const began = markup`Began ${clock(job.createdAt, now, { seconds: true })}`;
  if (outcome === undefined) return markup`<p>${began}.</p>`;
  const at = outcome.at ?? noticed?.[outcome.milestone];
  const took = tookOf(job, noticed);
  return markup`<p>${began}, ${outcome.milestone}${at === undefined ? null : markup`${outcome.at === null ? ' by' : null} ${clock(at, now, { seconds: true })}`}${took === null ? null : markup`, after ${took.isAtMost ? atMost(took.ms) : markup`<b>${formatSpan(took.ms)}</b>`}`}.</p>`;
}

/** What to do about the restore, in the words of the message that told of it, and what may be done from here. */
function nextSteps({ observation, events }: JobFacts, viewer: Viewer): Markup {
  const { jobId, state } = observation;
  const about = { job: jobId, to: `/jobs/${jobId}` };
  const hasEnded = state !== 'in_progress' && state !== 'unknown';
  const last = events.findLast(
    ({ event }) => !event.test && kindOf(event.name).about === 'job' && event.name !== 'attributed',
  );
  const { advice, links } = last === undefined ? { advice: null, links: [] } : describeEvent(last.event);
  return markup`${advice && markup`<p class="todo"><span class="label">What to do</span> ${advice}</p>`}
<p class="steps">${links.map(({ label, url }) => markup`<a href="${url}" rel="noreferrer">${label}</a> `)}${hasEnded && actLink(viewer, 'attest', about, 'Attest')} ${actLink(viewer, 'mute', about, 'Mute it')}</p>`;
}

function titleOf(job: RestoreJob): string {
  return `${isDownload(job) ? 'Download' : 'Restore'} of ${job.instanceName}${intoWords(job)}`;
}

function factList({ observation, eta, now, alsoWatchedBy }: JobFacts, rtoMs: number | null): Markup {
  const { job, jobId, watch, firstSight, firstSeenAt, missingSince } = observation;
  const watches = [watch, ...alsoWatchedBy].map(
    (name, index) =>
      markup`${index === 0 ? null : ', '}<a href="${pageAddress({ range: '7d', watch: name, event: null })}">${name}</a>`,
  );
  const facts: Array<[string, Part]> = [
    ['Id', markup`<code>${jobId}</code>`],
    ['Watch', watches],
    ...(job === null ? [] : jobFacts(job, now)),
    ...(job === null || rtoMs === null || shownState(observation) === 'in_progress'
      ? []
      : [['RTO', rtoPart(rtoMs, observation)] as [string, Part]]),
    [
      'First seen',
      markup`${clock(firstSeenAt, now, { seconds: true })} <span class="quiet">${SIGHT_WORDS[firstSight]}</span>`,
    ],
    ...(missingSince === null ? [] : [['Gone from Atlas since', clock(missingSince, now)] as [string, Part]]),
    ...(eta?.basis === 'history' && eta.isOverdue
      ? [['Was expected about', clock(eta.at, now)] as [string, Part]]
      : []),
  ];
  return markup`<dl class="facts two">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Whether the time that is agreed was kept. */
function rtoPart(rtoMs: number, { job, noticed, state }: Observation): Part {
  const took = job === null ? null : tookOf(job, noticed);
  if (took !== null && took.ms > rtoMs) return markup`${formatSpan(rtoMs)} <span class="bad">missed</span>`;
  return `${formatSpan(rtoMs)}${took !== null && state === 'finished' ? ' kept' : ''}`;
}

const SIGHT_WORDS = {
  named: 'named in the configuration',
  baseline: 'there at the first look',
  new: 'new since the look before',
} as const;

function jobFacts(job: RestoreJob, now: Timestamp): Array<[string, Part]> {
  const { kind, deliveryType, groupId, snapshotAt, snapshotId, expiresAt, progress, createdAt } = job;
  const age =
    snapshotAt === null
      ? null
      : markup` <span class="quiet">${formatSpan(createdAt - snapshotAt)} old when it began</span>`;
  return [
    ...(job.actor ? [['Started by', actorWords(job.actor)] as [string, Part]] : []),
    ['Kind', kind === deliveryType ? kind : `${kind}, ${deliveryType}`],
    ['Project', markup`<code>${groupId}</code>`],
    ['Snapshot', snapshotAt === null ? (snapshotId ?? 'not known') : markup`${clock(snapshotAt, now)}${age}`],
    ...(progress === null
      ? []
      : [
          [
            'Documents',
            `${progress.done.toLocaleString('en')} of ${progress.total.toLocaleString('en')}`,
          ] as [string, Part],
        ]),
    ...(expiresAt === null ? [] : [['Expires', clock(expiresAt, now)] as [string, Part]]),
  ];
}

function durationsSection({ observation, durations, now }: JobFacts, job: RestoreJob): Markup {
  const took = tookOf(job, observation.noticed);
  const isRunning = shownState(observation) === 'in_progress';
  const like = durations.filter(({ deliveryType }) => deliveryType === job.deliveryType);
  return markup`<section aria-labelledby="usual-title"><h2 id="usual-title">How long it takes here</h2>
${durationsPlot({
  durationsMs: like.map(({ durationMs }) => durationMs).toReversed(),
  usual: usualRangeOf(durations, job.deliveryType),
  ownMs: took?.ms ?? (isRunning ? Math.floor((now - job.createdAt) / 60_000) * 60_000 : null),
  isRunning,
})}</section>`;
}

/** What happened, when it happened according to Atlas, and when we saw it. */
function lifeSection({ events, observation, now }: JobFacts): Markup {
  const happened = events.filter(({ event }) => event.reminder === null && !event.test);
  const quiet = silentMilestones(observation, happened);
  return markup`<section aria-labelledby="life-title"><h2 id="life-title">What happened</h2>
<div class="wide" tabindex="0" role="region" aria-label="What happened, as a table"><table><thead><tr><th scope="col">Event</th><th scope="col">Happened</th><th scope="col">Seen</th><th scope="col">Note</th></tr></thead><tbody>
${quiet.map(({ milestone, at }) => markup`<tr><th scope="row">${milestone}</th><td>${at === null ? markup`<span class="quiet">Atlas does not say</span>` : clock(at, now, { seconds: true })}</td><td>${clock(observation.firstSeenAt, now, { seconds: true })}</td><td class="note">was there at the first look; nothing was told</td></tr>`)}
${happened.map((one) => lifeRow(one, observation.watch, now))}</tbody></table></div></section>`;
}

/** @param own the watch that the page is about; what another one has told of the same restore is said to be its. */
function lifeRow({ event }: RecordedEvent, own: string, now: Timestamp): Markup {
  const { name, severity, occurredAt, detectedAt } = event;
  const after = happenedAfter(event);
  const watch = watchOf(event);
  const whose = watch === null || watch === own ? [] : [`Seen by watch ${watch}.`];
  const notes = [...whose, ...describeEvent(event).footnotes].join(' ');
  const when = isUndated(event)
    ? after === null
      ? markup`<span class="quiet">by then</span>`
      : markup`<span class="quiet">after</span> ${clock(after, now, { seconds: true })}`
    : clock(occurredAt, now, { seconds: true });
  return markup`<tr><th scope="row"><span class="pill ${severity}">${name.replaceAll('_', ' ')}</span></th><td>${when}</td><td>${clock(detectedAt, now, { seconds: true })}</td><td class="note">${notes}</td></tr>`;
}

/** What people say of the data, the oldest first; nothing where nobody has. */
function attestedSection({ attestations, now }: JobFacts): Part {
  if (attestations.length === 0) return null;
  return markup`<section aria-labelledby="attested-title"><h2 id="attested-title">Attested</h2>
<ul class="rows">${attestations.map(
    ({ id, at, result, by, ticket, note, cleanUp }) =>
      markup`<li id="attestation-${id}"><b class="${result === 'passed' ? 'good' : 'bad'}">${result}</b> by ${by}, ${clock(at, now)}${ticket === null ? null : `, ${ticket}`}${cleanUp === null ? null : `, clean-up ${cleanUp}`}${note === null ? null : markup`<div class="quiet">${note}</div>`}</li>`,
  )}</ul></section>
`;
}

/** Who was told, attempt by attempt as far as that is kept. */
function toldSection({ events, now, observation }: JobFacts, viewer: Viewer): Markup {
  const rows = events.flatMap((one) =>
    one.deliveries.length === 0
      ? [untoldRow(one, now)]
      : one.deliveries.map((_, index) => toldRow(one, index, now, { viewer, jobId: observation.jobId })),
  );
  return markup`<section aria-labelledby="told-title"><h2 id="told-title">Who was told</h2>
${
  rows.length === 0
    ? markup`<p class="quiet">Nobody: there was nothing to tell.</p>`
    : markup`<div class="wide" tabindex="0" role="region" aria-label="Who was told, as a table"><table><thead><tr><th scope="col">Event</th><th scope="col">Channel</th><th scope="col">Outcome</th><th scope="col">Owed</th><th scope="col">First try</th><th scope="col" class="number">Tries</th><th scope="col" class="number">Took</th></tr></thead><tbody>${rows}</tbody></table></div>`
}</section>`;
}

function untoldRow(one: RecordedEvent, now: Timestamp): Markup {
  return markup`<tr><th scope="row">${eventWords(one)}</th><td colspan="6">${toldWords(feedRow(one), now)}</td></tr>`;
}

function toldRow(
  one: RecordedEvent,
  index: number,
  now: Timestamp,
  by: { viewer: Viewer; jobId: string },
): Part {
  const delivery = one.deliveries[index];
  if (delivery === undefined) return null;
  const { createdAt, firstAttemptAt, attemptsStarted, attemptsFinished, endedAt } = delivery;
  const { channel, status, at, detail } = toldBy(delivery);
  const cut = attemptsStarted > attemptsFinished && endedAt !== null ? ' (one was cut off)' : '';
  return markup`<tr><th scope="row">${index === 0 ? eventWords(one) : null}<span class="visually-hidden">${index === 0 ? null : eventWords(one)}</span></th><td>${channel}${delivery.insteadOf === null ? null : markup` <span class="quiet">for ${delivery.insteadOf}</span>`}</td>
<td>${toldWords({ told: [{ channel: '', status, at, detail }], untold: null }, now)}${status === 'given_up' ? markup` ${actLink(by.viewer, 'redrive', { id: delivery.id, to: `/jobs/${by.jobId}` }, 'Send again')}` : null}</td>
<td>${clock(createdAt, now, { seconds: true })}</td><td>${firstAttemptAt === null ? markup`<span class="quiet">not yet</span>` : clock(firstAttemptAt, now, { seconds: true })}</td>
<td class="number">${attemptsStarted}${cut}</td><td class="number">${endedAt === null ? roughSpan(now - createdAt) : formatSpan(endedAt - createdAt)}</td></tr>`;
}

function eventWords({ event }: RecordedEvent): string {
  return `${event.reminder === null ? '' : 'reminder: '}${event.name.replaceAll('_', ' ')}`;
}
