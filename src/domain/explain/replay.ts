import type { WatcherEvent } from '../event/event.ts';
import { isOfWatch, watchOf } from '../event/subject.ts';
import type { Watch } from '../job/watch.ts';
import { type Mute, mutedBy } from '../telling/mute.ts';
import { planDeliveries, type Route, routesPast } from '../telling/routing.ts';
import type { OnRecord, TellingConfig } from './why.ts';

/** The configuration that recorded events are put to. */
export interface ReplayConfig extends Pick<TellingConfig, 'routes' | 'channels'> {
  watches: ReadonlyArray<Pick<Watch, 'name' | 'labels'>>;
}

/** Whom one recorded event was told, and whom this configuration would have told. */
export interface Replayed {
  told: string[];
  /** With the routes that lead to each. */
  now: Map<string, number[]>;
  more: string[];
  fewer: string[];
  /** It belongs to a watch that this configuration does not have: there would have been no event. */
  isUnwatched: boolean;
}

/**
 * Puts a recorded event to another configuration. The event is as it was; its labels are those that its watch has now, as far as they
 * take nothing from Atlas. Mutes count as they were in force when it was found. What a fallback got is left out on both sides.
 */
export function replayEvent(record: OnRecord, config: ReplayConfig, mutes: readonly Mute[]): Replayed {
  const { event } = record;
  const routed = record.deliveries.filter(({ insteadOf }) => insteadOf === null);
  const told = [...new Set(routed.map(({ channel }) => channel))];
  const name = watchOf(event);
  const watch = config.watches.find((candidate) => candidate.name === name);
  const isUnwatched = name !== null && watch === undefined;
  const now = isUnwatched ? new Map<string, number[]>() : toldNow(withLabelsOf(event, watch), config, mutes);
  return {
    told,
    now,
    more: [...now.keys()].filter((channel) => !told.includes(channel)),
    fewer: told.filter((channel) => !now.has(channel)),
    isUnwatched,
  };
}

function toldNow(event: WatcherEvent, config: ReplayConfig, mutes: readonly Mute[]): Map<string, number[]> {
  // Whether one is in force takes a look at its schedule: only those that cover the event are asked.
  const then = mutes
    .filter(({ createdAt }) => createdAt <= event.detectedAt)
    .map((mute) => asOf(mute, event.detectedAt));
  if (mutedBy(event, then, event.detectedAt) !== null) return new Map();
  const { subject } = event;
  const routes: readonly Route[] =
    subject.kind === 'channel' ? alignedPast(subject.channel, config.routes) : config.routes;
  const decisions = planDeliveries(event, { routes, mutes: [], nextDigest: () => null });
  return new Map(
    decisions.flatMap(
      (decision): Array<[string, number[]]> =>
        decision.kind === 'deliver' && config.channels.includes(decision.channel)
          ? [[decision.channel, decision.routes]]
          : [],
    ),
  );
}

/** As `routesPast`, with every route in its place, so that their numbers are those of the configuration. */
function alignedPast(channel: string, routes: readonly Route[]): Route[] {
  return routes.map((route) => routesPast(channel, [route])[0] ?? { ...route, channels: [] });
}

/** A mute that was ended early was in force until then. */
function asOf(mute: Mute, at: number): Mute {
  return mute.removed !== null && mute.removed.at > at ? { ...mute, removed: null } : mute;
}

function withLabelsOf(event: WatcherEvent, watch: Pick<Watch, 'labels'> | undefined): WatcherEvent {
  const { subject } = event;
  if (watch === undefined || !isOfWatch(subject)) return event;
  const labels = Object.entries(watch.labels).flatMap(([label, value]) => {
    const filled = value.includes('{') ? subject.labels[label] : value;
    return filled === undefined ? [] : [[label, filled] as const];
  });
  return { ...event, subject: { ...subject, labels: Object.fromEntries(labels) } };
}

/** How often one channel was told and would have been. */
export interface ChannelTally {
  told: number;
  now: number;
  more: number;
  fewer: number;
}

/** What a replay has come to so far. Grows with channels and routes, never with events. */
export class ReplayTally {
  events = 0;
  differing = 0;
  unwatched = 0;
  readonly channels = new Map<string, ChannelTally>();
  /** How many events each route would have told, by its place. */
  readonly routes: number[];

  constructor({ routes, channels }: Pick<ReplayConfig, 'routes' | 'channels'>) {
    this.routes = routes.map(() => 0);
    for (const channel of channels) this.#of(channel);
  }

  add({ told, now, more, fewer, isUnwatched }: Replayed): void {
    this.events += 1;
    if (more.length + fewer.length > 0) this.differing += 1;
    if (isUnwatched) this.unwatched += 1;
    for (const channel of told) this.#of(channel).told += 1;
    for (const channel of now.keys()) this.#of(channel).now += 1;
    for (const channel of more) this.#of(channel).more += 1;
    for (const channel of fewer) this.#of(channel).fewer += 1;
    for (const route of new Set([...now.values()].flat())) {
      this.routes[route] = (this.routes[route] ?? 0) + 1;
    }
  }

  #of(channel: string): ChannelTally {
    const tally = this.channels.get(channel) ?? { told: 0, now: 0, more: 0, fewer: 0 };
    this.channels.set(channel, tally);
    return tally;
  }
}
