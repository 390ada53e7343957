import type { Actor, Person } from '../job/actor.ts';
import type { JobKind } from '../job/restore-job.ts';
import { type FeedEvent, isAbout } from '../polling/feed-events.ts';

/** A request for a restore, as the activity feed tells of it. Its id: 24 hex characters, see `Made`. */
export interface RestoreRequest extends Pick<FeedEvent, 'id' | 'type' | 'at'> {
  person: Person;
}

/** A job of which it is asked who began it. */
export interface RequestedJob {
  id: string;
  kind: JobKind;
}

/** An event comes at most so many seconds after its job, where both are of one process. */
const EXACT_WITHIN_S = 2;
/** And so many steps of the counter: 4 to 60 in twelve recorded pairs. */
const EXACT_STEPS = 255;
const COUNTER_SIZE = 2 ** 24;
/** What was made this near to a job, in seconds, may be about it, whichever process made it. */
const LIKELY_WITHIN_S = 10;

/** What an id of Atlas says of how it was made: the second, five bytes of the process that made it, and the counter of that. */
interface Made {
  seconds: number;
  process: string;
  counter: number;
}

/** A job that the feed can tell of. */
interface DatedJob extends RequestedJob {
  made: Made;
}

/**
 * Says who began each job, given every request that the feed tells of at that time, and every other job of the project then: each request
 * belongs to the nearest job before it, so it is used once. Of a collection nobody is told by the time alone: the feed is not known to tell
 * of such requests at all. `null` for a job whose id does not say when it was made.
 */
export function attribute(
  jobs: readonly RequestedJob[],
  requests: readonly RestoreRequest[],
): Map<string, Actor | null> {
  const dated = jobs.flatMap((job): DatedJob[] => {
    const made = madeBy(job.id);
    return made === null ? [] : [{ ...job, made }];
  });
  const exact = exactPairs(dated, requests);
  const used = new Set([...exact.values()].flat().map(({ id }) => id));
  const left = requests.filter(({ id }) => !used.has(id));
  const open = dated.filter(({ id, kind }) => !exact.has(id) && kind !== 'collection');
  const found = new Map<string, Actor | null>(jobs.map(({ id }) => [id, null]));
  for (const { id } of dated) found.set(id, actorOf(exact.get(id) ?? [], 'exact'));
  for (const job of open) found.set(job.id, byTimeAlone(job, open, left));
  return found;
}

/** The requests that are of the same process as a job and came just after it, by the job that is nearest to each. */
function exactPairs(
  jobs: readonly DatedJob[],
  requests: readonly RestoreRequest[],
): Map<string, RestoreRequest[]> {
  const nearestTo = new Map<string, Array<{ request: RestoreRequest; steps: number }>>();
  for (const request of requests) {
    const event = madeBy(request.id);
    if (event === null) continue;
    const fitting = jobs.flatMap(({ id, kind, made }) => {
      const steps = isAbout(request, kind) ? stepsBetween(made, event) : null;
      return steps === null ? [] : [{ id, steps }];
    });
    const [nearest] = fitting.toSorted((a, b) => a.steps - b.steps);
    if (nearest === undefined) continue;
    const { id, steps } = nearest;
    nearestTo.set(id, [...(nearestTo.get(id) ?? []), { request, steps }]);
  }
  return new Map(
    [...nearestTo].map(([id, found]) => {
      const least = Math.min(...found.map(({ steps }) => steps));
      return [id, found.filter(({ steps }) => steps === least).map(({ request }) => request)];
    }),
  );
}

/** How many steps of the counter lie between a job and an event of the same process; `null`: it cannot be about that job. */
function stepsBetween(job: Made, event: Made): number | null {
  if (job.process !== event.process) return null;
  const seconds = event.seconds - job.seconds;
  const steps = (event.counter - job.counter + COUNTER_SIZE) % COUNTER_SIZE;
  return seconds >= 0 && seconds <= EXACT_WITHIN_S && steps > 0 && steps <= EXACT_STEPS ? steps : null;
}

/** Where more jobs than requests lie that near to one another, nobody can say which of them a request is about. */
function byTimeAlone(job: DatedJob, open: readonly DatedJob[], requests: readonly RestoreRequest[]): Actor {
  const near = requests.filter((request) => mayBeAbout(request, job));
  const rivals = open.filter((other) => near.some((request) => mayBeAbout(request, other)));
  const actor = actorOf(near, 'likely');
  if (actor.confidence !== 'likely' || rivals.length <= near.length) return actor;
  return { confidence: 'ambiguous', candidates: peopleOf(near) };
}

function mayBeAbout(request: RestoreRequest, { kind, made }: DatedJob): boolean {
  const seconds = Math.floor(request.at / 1_000) - made.seconds;
  return isAbout(request, kind) && Math.abs(seconds) <= LIKELY_WITHIN_S;
}

/** Several requests of one person are no doubt about who it was. */
function actorOf(requests: readonly RestoreRequest[], confidence: 'exact' | 'likely'): Actor {
  const [only, ...others] = peopleOf(requests);
  if (only === undefined) return { confidence: 'none', because: 'not_told' };
  return others.length === 0
    ? { confidence, ...only }
    : { confidence: 'ambiguous', candidates: [only, ...others] };
}

/** Whoever asked first comes first. */
function peopleOf(requests: readonly RestoreRequest[]): Person[] {
  const inOrder = requests.toSorted((a, b) => a.at - b.at);
  return [...new Map(inOrder.map(({ person }) => [person.id, person])).values()];
}

function madeBy(id: string): Made | null {
  if (!/^[0-9a-f]{24}$/i.test(id)) return null;
  return {
    seconds: Number.parseInt(id.slice(0, 8), 16),
    process: id.slice(8, 18).toLowerCase(),
    counter: Number.parseInt(id.slice(18), 16),
  };
}
