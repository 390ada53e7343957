import type { PageFacts } from '../../../views/page/facts.ts';
import type { ChannelReport, ChannelState } from '../../../views/status/report.ts';
import { actLink } from '../act-link.ts';
import { ago, clock, idPart, type Markup, markup, type Part } from '../markup.ts';
import { notRead, readBefore } from './not-read.ts';

const STATE_WORDS: Readonly<Record<ChannelState, string>> = {
  accepts: 'accepts',
  failing: 'failing',
  waiting: 'not in use yet',
  elsewhere: 'elsewhere',
};

/** Every channel: does it accept, what is it owed, what was given up. */
export function deliveriesSection(facts: PageFacts): Markup {
  return markup`<section id="deliveries" aria-labelledby="deliveries-title">
<h2 id="deliveries-title">Deliveries</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : channels(facts.record.report.channels, facts)}
</section>`;
}

function channels(reports: readonly ChannelReport[], facts: PageFacts): Markup {
  if (reports.length === 0) return markup`<p class="quiet">No channel is configured: nobody is told.</p>`;
  return markup`<div class="wide" tabindex="0" role="region" aria-label="All channels"><table>
<thead><tr><th scope="col">Channel</th><th scope="col">State</th><th scope="col">Last accepted</th><th scope="col" class="number">Owed</th><th scope="col" class="number">Given up</th></tr></thead>
<tbody>${reports.map((report) => row(report, facts))}</tbody></table></div>`;
}

function row(report: ChannelReport, { now, viewer }: PageFacts): Markup {
  const { channel, state, detail, lastAcceptedAt, owed, givenUp } = report;
  return markup`<tr id="channel-${idPart(channel)}"><th scope="row">${channel}</th>
<td><span class="pill channel-${state}">${STATE_WORDS[state]}</span>${stateNote(report, now)}${detail === null ? null : markup`<div class="detail">${detail}</div>`}</td>
<td>${lastAcceptedAt === null ? 'never' : ago(Date.parse(lastAcceptedAt))}</td>
<td class="number">${owed ?? '?'}${owedNote(report, now)}</td><td class="number${givenUp ? ' bad' : ''}">${givenUp ?? '?'}${givenUp ? markup` ${actLink(viewer, 'redrive', { channel }, 'Send again')}` : null}</td></tr>`;
}

function stateNote({ state, since, sentBy }: ChannelReport, now: number): Part {
  if (state === 'elsewhere')
    return markup` <span class="quiet">sent by ${sentBy ?? 'another replica'}</span>`;
  return since === null ? null : markup` <span class="quiet">since ${clock(Date.parse(since), now)}</span>`;
}

function owedNote({ nextTryAt, held, nextDigestAt }: ChannelReport, now: number): Part {
  const next =
    nextTryAt === null ? null : markup`<div class="quiet">next ${clock(Date.parse(nextTryAt), now)}</div>`;
  if (!held) return next;
  const when = nextDigestAt === null ? null : markup` ${clock(Date.parse(nextDigestAt), now)}`;
  return [next ?? '', markup`<div class="quiet">${held} held for the digest${when}</div>`];
}
