import { shortId } from '../../../domain/job/restore-job.ts';
import type { MuteView } from '../../../views/mutes.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { actLink } from '../act-link.ts';
import { clock, type Markup, markup, type Part } from '../markup.ts';
import { notRead, readBefore } from './not-read.ts';

/** What is kept from people, until when, by whom and why. */
export function mutesSection(facts: PageFacts): Markup {
  const mutes = facts.record?.report.mutes ?? [];
  return markup`<section id="mutes" aria-labelledby="mutes-title">
<h2 id="mutes-title">Mutes</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : mutes.length === 0 ? markup`<p class="quiet">Nothing is muted.</p>` : markup`<ul class="rows">${mutes.map((mute) => item(mute, facts))}</ul>`}
${facts.viewer === 'actor' && markup`<p>${actLink(facts.viewer, 'mute', {}, 'Mute')}</p>`}</section>`;
}

function item(mute: MuteView, { now, viewer }: PageFacts): Markup {
  const { id, author, reason } = mute;
  return markup`<li id="mute-${id}"><b>${muteWords(mute)}</b> ${when(mute, now)} ${actLink(viewer, 'unmute', { id: String(id) }, 'End')}
<div class="quiet">by ${author}: ${reason}</div></li>`;
}

function when({ inForceUntil, nextAt, every }: MuteView, now: number): Part {
  const again = every === null ? null : markup`, again and again (<code>${every}</code>)`;
  if (inForceUntil !== null) return markup`until ${clock(Date.parse(inForceUntil), now)}${again}`;
  return nextAt === null ? null : markup`from ${clock(Date.parse(nextAt), now)} on${again}`;
}

/** What a mute covers: `failed, stalled of watch orders`, `every watch`. */
function muteWords({ watch, project, instance, target, job, labels, events }: MuteView): string {
  const others = Object.entries({ project, instance, target }).flatMap(([what, name]) =>
    name === null ? [] : [`${what} ${name}`],
  );
  const ofJob = job === null ? [] : [`restore ${shortId(job)}`];
  const byLabel = Object.entries(labels ?? {}).map(([name, value]) => `label ${name}=${value}`);
  const narrower = [...ofJob, ...others, ...byLabel];
  const ofWatch = watch !== '*' ? [`watch ${watch}`] : narrower.length === 0 ? ['every watch'] : [];
  const about = [...ofWatch, ...narrower].join(', ');
  return events === null
    ? about
    : `${events.map((name) => name.replaceAll('_', ' ')).join(', ')} of ${about}`;
}
