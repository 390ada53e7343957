import { type EventName, isOnlyByName, type WatcherEvent } from '../event/event.ts';
import type { Severity } from '../event/event-kind.ts';
import { isOfWatch, jobOf, watchOf } from '../event/subject.ts';
import type { Timestamp } from '../instant.ts';
import { isCrossProject, type JobKind, type RestoreJob } from '../job/restore-job.ts';
import { fits } from './glob.ts';
import { type Mute, mutedBy } from './mute.ts';

/** Which events go to which channels. An absent condition matches everything; all that are present must match. */
export interface Route {
  /** `'*'` matches all but those that have to be named (`isOnlyByName`). */
  events: ReadonlyArray<EventName | '*'>;
  channels: readonly string[];
  /** Names of watches; `*` globs. */
  watches: readonly string[] | null;
  /** Every one of these must be on the watch, with this value. */
  labels: Readonly<Record<string, string>> | null;
  severities: readonly Severity[] | null;
  /** `*` globs over the job's target cluster; an event without a target does not match. */
  targetClusterNames: readonly string[] | null;
  /** Kinds of jobs; of an event about a watch, what it watches. An event about a channel has none and does not match. */
  kinds: readonly JobKind[] | null;
  /** See `RestoreJob.deliveryType`. An event without a job does not match. */
  deliveryTypes: readonly string[] | null;
  /** `*` globs over the instance that the snapshot is from, or that is watched. */
  instanceNames: readonly string[] | null;
  /** Whether the target lies in another project than the job. An event without a job does not match. */
  crossProject: boolean | null;
  /** What lasts is told again every so many milliseconds until it ends; `null`: once. */
  remindEveryMs: number | null;
}

/** The next digest of a channel that gathers what it is told; `null`: it is told at once. */
export type NextDigest = (channel: string) => Timestamp | null;

/** What decides who is told of an event, and when. */
export interface RoutingRules {
  routes: readonly Route[];
  /** Those that are over change nothing. */
  mutes: readonly Mute[];
  /** At which time they count, by the clock of this machine, which people mute by. Absent: when the event was detected. */
  mutesAt?: Timestamp;
  nextDigest: NextDigest;
}

/**
 * Why something is recorded without telling anybody. `no_route`: no route takes the event. `muted`: a route does, and a mute is in
 * force. `baseline`: it belongs to the past at first sight (decided in `transition.ts`).
 */
export type SuppressReason = 'baseline' | 'no_route' | 'muted';

/** What is decided about one event: a named value, for the audit log, the history and the tests alike. */
export type Decision =
  | {
      kind: 'deliver';
      channel: string;
      /** Positions in the configured list of routes. */
      routes: number[];
      /** Waits until then, for the channel's digest. */
      heldUntil?: Timestamp;
    }
  | { kind: 'suppress'; reason: Exclude<SuppressReason, 'muted'> }
  | { kind: 'suppress'; reason: 'muted'; muteId: Mute['id'] };

/**
 * Every route that matches adds its channels; a channel gets an event once, however many routes lead to it. An event that no route
 * takes is suppressed with `no_route`, one that is muted with `muted`. A sample waits for no digest. Never empty.
 */
export function planDeliveries(
  event: WatcherEvent,
  { routes, mutes, mutesAt, nextDigest }: RoutingRules,
): Decision[] {
  const byChannel = new Map<string, number[]>();
  routes.forEach((route, index) => {
    if (!takes(route, event)) return;
    for (const channel of route.channels) byChannel.set(channel, [...(byChannel.get(channel) ?? []), index]);
  });
  if (byChannel.size === 0) return [{ kind: 'suppress', reason: 'no_route' }];
  const mute = mutedBy(event, mutes, mutesAt ?? event.detectedAt);
  if (mute) return [{ kind: 'suppress', reason: 'muted', muteId: mute.id }];
  return [...byChannel].map(([channel, indexes]) => {
    const heldUntil = event.test ? null : nextDigest(channel);
    return {
      kind: 'deliver',
      channel,
      routes: [...new Set(indexes)],
      ...(heldUntil === null ? {} : { heldUntil }),
    };
  });
}

/** The routes as they are without one of the channels: what is about a channel never goes through it. */
export function routesPast(channel: string, routes: readonly Route[]): Route[] {
  return routes
    .map((route) => ({ ...route, channels: route.channels.filter((other) => other !== channel) }))
    .filter((route) => route.channels.length > 0);
}

/** A condition of a route that an event does not meet. */
export type RouteCondition = Exclude<keyof Route, 'channels' | 'remindEveryMs'>;

/** For each route the conditions that the event does not meet; none: the route takes it. */
export function explainRoutes(event: WatcherEvent, routes: readonly Route[]): RouteCondition[][] {
  return routes.map((route) => unmet(route, event));
}

/** True when the event meets every condition of the route. */
export function takes(route: Route, event: WatcherEvent): boolean {
  return unmet(route, event).length === 0;
}

function unmet(route: Route, event: WatcherEvent): RouteCondition[] {
  const { events, watches, labels, severities } = route;
  // An event about a channel belongs to no watch and has no label: only a glob that takes everything takes it.
  const watch = watchOf(event) ?? '';
  const has = isOfWatch(event.subject) ? event.subject.labels : {};
  const met: Record<RouteCondition, boolean> = {
    events: (events.includes('*') && !isOnlyByName(event.name)) || events.includes(event.name),
    watches: fits(watches, watch),
    labels: labels === null || Object.entries(labels).every(([name, value]) => has[name] === value),
    severities: severities === null || severities.includes(event.severity),
    ...metByJob(route, event),
  };
  return (Object.keys(met) as RouteCondition[]).filter((condition) => !met[condition]);
}

type JobCondition = 'targetClusterNames' | 'kinds' | 'deliveryTypes' | 'instanceNames' | 'crossProject';

function metByJob(route: Route, event: WatcherEvent): Record<JobCondition, boolean> {
  const { targetClusterNames, kinds, deliveryTypes, instanceNames, crossProject } = route;
  const job = jobOf(event);
  const place = placeOfEvent(event);
  return {
    targetClusterNames: fits(targetClusterNames, job?.targetClusterName),
    kinds: kinds === null || (place !== null && kinds.includes(place.kind)),
    deliveryTypes: deliveryTypes === null || (job !== null && deliveryTypes.includes(job.deliveryType)),
    instanceNames: fits(instanceNames, place?.instanceName),
    crossProject: crossProject === null || (job !== null && crossProject === isCrossProject(job)),
  };
}

/** What kind of jobs an event is about, and of which instance; `null` for one about a channel. */
export function placeOfEvent({ subject }: WatcherEvent): Pick<RestoreJob, 'kind' | 'instanceName'> | null {
  switch (subject.kind) {
    case 'job':
      return subject.job;
    case 'watch':
      return subject.instance;
    default:
      return null;
  }
}
