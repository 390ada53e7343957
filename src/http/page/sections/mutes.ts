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
${actLink(facts.viewer, 'mute', {}, 'Mute')}</section>`;
}

function item(mute: View, { now, viewer }: PageFacts): Markup {
  return markup`<li id="mute-${String(mute.id)}"><b>${muteWords(mute)}</b> ${when(mute, now)} ${actLink(viewer, 'unmute', { id: String(mute.id) }, 'End')}
<div class="quiet">${String(mute.reason)}, by ${String(mute.author)}</div></li>`;
}

function when({ inForceUntil, nextAt }: View, now: number): Part {
  if (typeof inForceUntil === 'string') return markup`until ${clock(Date.parse(inForceUntil), now)}`;
  return typeof nextAt === 'string' ? markup`next ${clock(Date.parse(nextAt), now)}` : null;
}

/** What a mute covers: `started of orders`. */
function muteWords({ watch, project, instance, target, job, labels, events }: View): string {
  const named = Object.entries({ watch, project, instance, target, job }).flatMap(([what, name]) =>
    typeof name === 'string' ? [`${what} ${name}`] : [],
  );
  const byLabel = Object.entries((labels ?? {}) as Record<string, string>).map(
    ([name, value]) => `${name}=${value}`,
  );
  const about = [...named, ...byLabel].join(', ');
  return Array.isArray(events) ? `${events.join(', ')} of ${about}` : about;
}
