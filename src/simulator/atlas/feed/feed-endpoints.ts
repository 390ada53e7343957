import type { Timestamp } from '../../../domain/instant.ts';
import { addressAbove, type Call, type Endpoint, inProject } from '../endpoint.ts';
import { errorReply } from '../errors.ts';
import { pageOf } from '../jobs/job-list.ts';
import { newJobId } from '../jobs/job-makers.ts';
import { toSeconds } from '../kinds/body.ts';
import type { Project, World } from '../world.ts';
import { type FeedPerson, type RestoreEvent, restoreEventsOf } from './restore-events.ts';

const API_KEY: FeedPerson = { apiKeyId: '5f0e1d2c3b4a5968776655bb', publicKey: 'simulated' };

/** What the feed of a project does wrong; nothing, unless given. To have it refused, see `AtlasSimulator.refuse`. */
export interface FeedMood {
  /** An event shows so many milliseconds after it happened. */
  lagMs?: number;
  /** Leaves these events out. */
  loses?: (event: RestoreEvent) => boolean;
  /** Says who did something; the API key of the simulator where it does not. */
  by?: (event: RestoreEvent) => FeedPerson | undefined;
  /** Events of which nothing happened. */
  invents?: readonly RestoreEvent[];
  /** Holds events without a date, as no client can read them. */
  isGarbled?: boolean;
}

/** What the feeds are made of. */
export interface FeedOptions {
  world: World;
  now: () => Timestamp;
  moodOf: (groupId: string) => FeedMood;
}

/** Where the activity of a project is listed: what has to do with restores, the newest first. */
export function feedEndpoints({ world, now, moodOf }: FeedOptions): Endpoint[] {
  return [
    {
      apiVersions: ['v2'],
      path: '/groups/:groupId/events',
      versionDates: ['2023-01-01'],
      limit: 'events',
      ending: null,
      answer: inProject(world, (call, project) => {
        const query = queryOf(call);
        if (query === null) return errorReply('INVALID_QUERY_PARAMETER', ['minDate']);
        const mood = moodOf(project.groupId);
        const found = eventsOf(project, mood, now()).filter(
          ({ type, at }) => at >= query.since && (query.types.size === 0 || query.types.has(type)),
        );
        const page = pageOf(found, call.url.searchParams, addressAbove(call), { countable: true });
        if ('status' in page) return page;
        const results = page.items.map((event) => eventBody(event, project, mood));
        return { body: { ...page.frame, results } };
      }),
    },
  ];
}

function queryOf({ url }: Call): { since: Timestamp; types: ReadonlySet<string> } | null {
  const text = url.searchParams.get('minDate');
  const since = text === null ? 0 : Date.parse(text);
  return Number.isNaN(since) ? null : { since, types: new Set(url.searchParams.getAll('eventType')) };
}

/** The newest first. */
function eventsOf({ instances }: Project, mood: FeedMood, now: Timestamp): RestoreEvent[] {
  const { lagMs = 0, loses = () => false, invents = [] } = mood;
  const happened = [...instances.values()].flatMap(({ jobs }) => [...jobs.values()].flatMap(restoreEventsOf));
  return [...happened.filter((event) => !loses(event)), ...invents]
    .filter(({ at }) => at + lagMs <= now)
    .toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** As recorded: who did it, and not on which cluster. */
function eventBody(event: RestoreEvent, { groupId }: Project, mood: FeedMood): object {
  const { id, type, at, by = mood.by?.(event) ?? API_KEY } = event;
  return {
    ...by,
    created: mood.isGarbled ? 'lately' : toSeconds(at),
    eventTypeName: type,
    groupId,
    id,
    isGlobalAdmin: false,
    links: [],
  };
}

/** An event of which nothing happened, for a feed that lies. */
export function inventedEvent(type: string, at: Timestamp, by?: FeedPerson): RestoreEvent {
  const event = { id: newJobId(at), type, at: Math.floor(at / 1_000) * 1_000 };
  return by === undefined ? event : { ...event, by };
}
