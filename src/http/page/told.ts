import type { Timestamp } from '../../domain/instant.ts';
import type { FeedRow, Told } from '../../views/page/feed.ts';
import { clock, type Markup, markup, type Part } from './markup.ts';

/** Who was told of an event and when, who is to be, and why nobody was. */
export function toldWords({ told, untold }: Pick<FeedRow, 'told' | 'untold'>, now: Timestamp): Part {
  if (untold !== null) {
    const until = untold.until === null ? null : markup` until ${clock(untold.until, now)}`;
    return markup`<span class="quiet">${untold.words}${until}</span>`;
  }
  // "told a, told b" says a word too much.
  return told.map((one, index) => {
    const isAlso = one.status === 'told' && told[index - 1]?.status === 'told';
    return markup`${index === 0 ? null : ', '}${oneTold(one, now, isAlso)}`;
  });
}

function oneTold({ channel, status, at, detail }: Told, now: Timestamp, isAlso: boolean): Markup {
  const when = at === null ? null : markup` ${clock(at, now)}`;
  switch (status) {
    case 'told':
      return markup`<span class="told-ok">${isAlso ? channel : `told${named(channel)}`}${when}</span>`;
    case 'waits':
      return markup`<span class="quiet">${channel === '' ? '' : `${channel} `}to be told${when}</span>`;
    case 'retrying':
      return markup`<span class="told-retry">${channel === '' ? 'refused' : `${channel} refused it`}, tried again${when}</span>${why(detail)}`;
    case 'given_up':
      return markup`<span class="told-bad">given up${channel === '' ? '' : ` for ${channel}`}${when}</span>${why(detail)}`;
  }
}

/** Without a name where it stands beside it. */
function named(channel: string): string {
  return channel === '' ? '' : ` ${channel}`;
}

function why(detail: string | null): Part {
  return detail === null ? null : markup` <span class="quiet">(${detail})</span>`;
}
