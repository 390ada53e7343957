import type { Timestamp } from '../../domain/instant.ts';
import type { FeedRow, Told } from '../../views/page/feed.ts';
import { clock, type Markup, markup, type Part } from './markup.ts';

/** Who was told of an event and when, who is to be, and why nobody was. */
export function toldWords({ told, untold }: Pick<FeedRow, 'told' | 'untold'>, now: Timestamp): Part {
  if (untold !== null) {
    const until = untold.until === null ? null : markup` until ${clock(untold.until, now)}`;
    return markup`<span class="quiet">${untold.words}${until}</span>`;
  }
  return told.map((one, index) => markup`${index === 0 ? null : ', '}${oneTold(one, now)}`);
}

function oneTold({ channel, status, at, detail }: Told, now: Timestamp): Markup {
  const when = at === null ? null : markup` ${clock(at, now)}`;
  switch (status) {
    case 'told':
      return markup`<span class="told-ok">told ${channel}${when}</span>`;
    case 'waits':
      return markup`<span class="quiet">${channel} is told${when}</span>`;
    case 'retrying':
      return markup`<span class="told-retry">${channel} refused it, tried again${when}</span>${why(detail)}`;
    case 'given_up':
      return markup`<span class="told-bad">given up for ${channel}${when}</span>${why(detail)}`;
  }
}

function why(detail: string | null): Part {
  return detail === null ? null : markup` <span class="quiet">(${detail})</span>`;
}
