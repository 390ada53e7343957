import { partsOfKey } from '../../domain/event/alert.ts';
import { formatSpan, type Timestamp, toIso } from '../../domain/instant.ts';
import { type PublicPlace, placeWords, publicPlace } from '../../domain/job/place.ts';
import type { ChannelStatus, WatcherStatus, WatchStatus } from '../../watcher/status.ts';

/** What this replica knows from the store alone: it is told to fail, and another replica polls it, or sends for it. */
export interface ToldElsewhere {
  about: 'watch' | 'channel';
  name: string;
  /** The part of the watch; `null`: all of it. */
  place: PublicPlace | null;
  /** When it was told. */
  since: string;
  /** The replicas that know more, for people. */
  by: readonly string[];
}

/** Lists what fails elsewhere, of all that is raised by key. */
export function toldElsewhere(
  { watches, channels }: Pick<WatcherStatus, 'watches' | 'channels'>,
  alerts: ReadonlyMap<string, Timestamp>,
): ToldElsewhere[] {
  const raised = [...alerts].map(([key, since]) => ({ ...partsOfKey(key), since }));
  return [
    ...watches.flatMap((watch) => ofWatch(watch, raised)),
    ...channels.flatMap((channel) => ofChannel(channel, raised)),
  ];
}

type Raised = ReturnType<typeof partsOfKey> & { since: Timestamp };

function ofWatch(
  { watch: name, polledBy, share, faults }: WatchStatus,
  raised: readonly Raised[],
): ToldElsewhere[] {
  const by = polledBy === null ? (share?.others ?? []) : [polledBy];
  if (by.length === 0) return [];
  const isOurs = ({ place }: Raised): boolean =>
    faults.some(
      (fault) => fault.place?.groupId === place?.groupId && fault.place?.instanceName === place?.instanceName,
    );
  return raised
    .filter((one) => one.name === 'watch_failing' && one.about === name && !isOurs(one))
    .map(({ place, since }) => ({
      ...{ about: 'watch' as const, name, place: place && publicPlace(place), since: toIso(since), by },
    }));
}

function ofChannel({ channel: name, sentBy }: ChannelStatus, raised: readonly Raised[]): ToldElsewhere[] {
  if (sentBy === null) return [];
  return raised
    .filter((one) => one.name === 'channel_failing' && one.about === name)
    .map(({ since }) => ({
      about: 'channel' as const,
      name,
      place: null,
      since: toIso(since),
      by: [sentBy],
    }));
}

/** Says what fails, without its name and its time. */
export function elsewhereFault({ about, place }: ToldElsewhere): string {
  if (about === 'channel') return 'messages are not accepted';
  const what = place === null ? '' : `${placeWords({ instanceName: null, ...place, projectName: null })} `;
  return `${what}cannot be read`;
}

/** Says who knows more. */
export function elsewhereTodo({ by, about }: ToldElsewhere): string {
  return `${by.join(' or ')} ${about === 'channel' ? 'sends for it' : 'polls it'}: its page and its log say why.`;
}

/** The same in a line that stands alone. */
export function elsewhereLine(told: ToldElsewhere, now: Timestamp): string {
  const forMs = Math.max(0, now - Date.parse(told.since));
  return `${told.about} ${told.name}: ${elsewhereFault(told)} since ${told.since.slice(0, 19)}Z, ${formatSpan(forMs)} ago. ${elsewhereTodo(told)}`;
}
