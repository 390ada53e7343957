import { shortId } from '../../../domain/job/restore-job.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import type { View } from '../../../views/views.ts';
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

function item(mute: View, { now, viewer }: PageFacts): Markup {
  return markup`<li id="mute-${String(mute.id)}"><b>${muteWords(mute)}</b> ${when(mute, now)} ${actLink(viewer, 'unmute', { id: String(mute.id) }, 'End')}
<div class="quiet">by ${String(mute.author)}: ${String(mute.reason)}</div></li>`;
}

function when({ inForceUntil, nextAt, every }: View, now: number): Part {
  const again = typeof every === 'string' ? markup`, again and again (<code>${every}</code>)` : null;
  if (typeof inForceUntil === 'string') return markup`until ${clock(Date.parse(inForceUntil), now)}${again}`;
  return typeof nextAt === 'string' ? markup`from ${clock(Date.parse(nextAt), now)} on${again}` : null;
}

/** What a mute covers: `failed, stalled of watch orders`, `every watch`. */
function muteWords({ watch, project, instance, target, job, labels, events }: View): string {
  const others = Object.entries({ project, instance, target }).flatMap(([what, name]) =>
    typeof name === 'string' ? [`${what} ${name}`] : [],
  );
  const ofJob = typeof job === 'string' ? [`restore ${shortId(job)}`] : [];
  const byLabel = Object.entries((labels ?? {}) as Record<string, string>).map(
    ([name, value]) => `label ${name}=${value}`,
  );
  const narrower = [...ofJob, ...others, ...byLabel];
  const ofWatch = watch !== '*' ? [`watch ${String(watch)}`] : narrower.length === 0 ? ['every watch'] : [];
  const about = [...ofWatch, ...narrower].join(', ');
  return Array.isArray(events)
    ? `${events.map((name) => String(name).replaceAll('_', ' ')).join(', ')} of ${about}`
    : about;
}
