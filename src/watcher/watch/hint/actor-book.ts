import type { Clock } from '../../../clock.ts';
import type { PlannedEvent } from '../../../domain/event/plan.ts';
import { attribute, type RequestedJob } from '../../../domain/evidence/attribution.ts';
import { objectIdInstant, type Timestamp } from '../../../domain/instant.ts';
import type { Actor } from '../../../domain/job/actor.ts';
import type { RestoreJob } from '../../../domain/job/restore-job.ts';
import { compareActor } from '../../../domain/job/transition.ts';
import { labelsFor, type Target, targetOf, type Watch } from '../../../domain/job/watch.ts';
import { isRequest } from '../../../domain/polling/feed-events.ts';
import { asksForActors } from '../../../domain/polling/hint.ts';
import { StoreError, toError } from '../../../errors.ts';
import type { Logger } from '../../../logging/logger.ts';
import type { Signals } from '../../../signals.ts';
import type { JobSource } from '../../../source/source.ts';
import type { JobReader } from '../../../store/ports/jobs.ts';
import type { Recorder } from '../../record/recorder.ts';
import type { ProjectFeed } from './feed.ts';
import type { FeedBook } from './feed-book.ts';

/** What a feed has not told of a job by then, it does not tell; after the job, in milliseconds. And so much before it is asked for. */
const TOLD_WITHIN_MS = 60_000;
/** A feed that says nothing at all for so long after a job was found is not waited for. */
const GIVE_UP_AFTER_MS = 10 * 60_000;
/** It is looked so often what an earlier process, or another replica, has not found out. */
const RESUME_EVERY_MS = 10 * 60_000;
/** Of jobs that are older no feed is asked. */
const OLDEST_MS = 2 * 3_600_000;
/** Jobs that are so much older than the newest take no request from any that is asked about. */
const REMEMBERED_MS = OLDEST_MS + 10 * 60_000;

/** What is needed to find out who began restores. */
export interface ActorBookDeps {
  clock: Clock;
  logger: Logger;
  signals: Signals;
  store: Pick<JobReader, 'readObservations' | 'followedTargets' | 'readTarget'>;
  feeds: Pick<FeedBook, 'feedOf' | 'look'>;
  /** Those that are configured. */
  watches: () => readonly Watch[];
  sourceOf: (connection: string) => JobSource | undefined;
  /** What is written with for a project. @throws {StoreError} reason `fenced`, where it is another replica's. */
  recorderOf: (project: Pick<Target, 'connection' | 'groupId'>) => Pick<Recorder, 'recordPoll'>;
}

/** A job of which it is not on record yet who began it. */
interface Asked extends RequestedJob {
  watch: Watch;
  target: Target;
  at: Timestamp;
  foundMono: number;
  /** Known, and to be seen on record: a poll that ran at the same time may have written over it. */
  actor: Actor | null;
}

/**
 * Finds out who began each new restore of the watches that ask for it, by the activity feed of its project. After each poll of a watch with
 * such a job the feed is asked, unless it was just asked for the hint: at most one request more a poll. Nothing waits for it.
 */
export class ActorBook {
  readonly #deps: ActorBookDeps;
  /** By `keyOf`. */
  readonly #asked = new Map<string, Asked>();
  /** Jobs of the last minutes, also of watches that do not ask, by id, with their project. */
  readonly #recent = new Map<string, RequestedJob & Pick<Asked, 'at'> & { groupId: string }>();
  /** When it was looked what an earlier process has left of a watch; monotonic. */
  readonly #resumedMono = new Map<string, number>();
  readonly #ends: ReadonlyArray<() => void>;
  readonly #life = new AbortController();
  /** Connections and projects of which it was told that their feed is refused. */
  readonly #refused = new Set<string>();
  /** The looks that are being taken, by watch. */
  readonly #inHand = new Map<string, Promise<void>>();

  constructor(deps: ActorBookDeps) {
    this.#deps = deps;
    this.#ends = [
      deps.signals.on('event:recorded', ({ planned }) => this.#noteJob(planned)),
      deps.signals.on('poll:finished', ({ watch }) => this.#look(watch)),
    ];
  }

  /** Asks nothing any more, and waits until what is in hand has ended. */
  async stop(): Promise<void> {
    this.#life.abort(new Error('shutting down'));
    for (const end of this.#ends) end();
    await Promise.all(this.#inHand.values());
  }

  /** One look at a time for each watch: the next poll brings the next one. */
  #look(name: string): void {
    const watch = this.#deps.watches().find((each) => each.name === name);
    if (this.#inHand.has(name) || watch === undefined || !asksForActors(watch)) return;
    const isResumed = this.#deps.clock.monotonic() - this.#resumedAt(name) < RESUME_EVERY_MS;
    if (isResumed && this.#dueOf(watch).length === 0) return;
    const look = this.#lookAt(watch, { isResumed })
      .catch((thrown: unknown) => {
        // The guard of the store tells of a fault of that; after the next poll it is looked at again.
        if (thrown instanceof StoreError || this.#life.signal.aborted) return;
        this.#deps.logger.error('Who began a restore could not be found out', { err: toError(thrown) });
      })
      .finally(() => this.#inHand.delete(name));
    this.#inHand.set(name, look);
  }

  #resumedAt(watch: string): number {
    return this.#resumedMono.get(watch) ?? Number.NEGATIVE_INFINITY;
  }

  #dueOf({ name }: Watch): Asked[] {
    return [...this.#asked.values()].filter(({ watch }) => watch.name === name);
  }

  async #lookAt(watch: Watch, { isResumed }: { isResumed: boolean }): Promise<void> {
    const { feeds, sourceOf, clock } = this.#deps;
    const source = sourceOf(watch.connection);
    if (!source) return;
    if (!isResumed) {
      await this.#resume(watch, clock.now() + source.aheadMs());
      this.#resumedMono.set(watch.name, clock.monotonic());
    }
    for (const [groupId, jobs] of Map.groupBy(this.#dueOf(watch), ({ target }) => target.groupId)) {
      const feed = feeds.feedOf(source, { connection: watch.connection, groupId });
      const open = jobs.filter(({ actor }) => actor === null).map(({ at }) => at);
      const backTo = Math.min(...open) - TOLD_WITHIN_MS;
      if (open.length > 0) await feeds.look([feed], 0, { isUrgent: false, backTo, advanced: () => {} });
      for (const job of jobs) {
        job.actor ??= this.#actorOf(job, feed);
        if (job.actor !== null) await this.#record(job, job.actor);
      }
    }
  }

  /** Takes up what runs and was begun not long ago, and of which it is not on record who began it. */
  async #resume(watch: Watch, atlasNow: Timestamp): Promise<void> {
    const { store, clock } = this.#deps;
    for (const key of await store.followedTargets(watch.name, clock.now())) {
      const { followed = [] } = (await store.readTarget(key, clock.now())) ?? {};
      for (const { job, firstSight } of followed) {
        if (job === null || job.actor || firstSight === 'baseline') continue;
        if (atlasNow - startOf(job) <= OLDEST_MS) this.#ask(watch, job, labelsIn(watch, job));
      }
    }
  }

  /** `null`: that cannot be said yet. */
  #actorOf({ id, kind, at, target, foundMono }: Asked, feed: ProjectFeed): Actor | null {
    const { refusal, memory } = feed;
    const isLong = this.#deps.clock.monotonic() - foundMono >= GIVE_UP_AFTER_MS;
    if (refusal?.isForbidden) {
      this.#tellRefusal(feed, refusal.detail);
      return { confidence: 'none', because: 'no_permission' };
    }
    const { coveredFrom, coveredTo } = memory;
    // What lies before all that a feed was asked for is asked for at the next look.
    if (coveredFrom === null || coveredTo === null || coveredFrom > at) return isLong ? UNREADABLE : null;
    const requests = [...memory.events.values()].flatMap(({ person, ...event }) =>
      person && isRequest(event) ? [{ ...event, person }] : [],
    );
    const others = [...this.#recent.values()].filter(
      (other) => other.groupId === target.groupId && other.id !== id,
    );
    const actor = attribute([{ id, kind }, ...others], requests).get(id) ?? UNREADABLE;
    if (actor.confidence === 'exact' || coveredTo >= at + TOLD_WITHIN_MS) return actor;
    return isLong ? UNREADABLE : null;
  }

  /** Told once for each project. */
  #tellRefusal({ connection, groupId }: ProjectFeed, detail: string): void {
    const key = `${connection}/${groupId}`;
    if (this.#refused.has(key)) return;
    this.#refused.add(key);
    const hint =
      'Who began a restore stays unknown. Give the credential the role Project Read Only there, or set actors to false.';
    this.#deps.logger.warn(`The activity feed of project ${groupId} cannot be read: ${detail}`, {
      groupId,
      hint,
    });
  }

  async #record(asked: Asked, actor: Actor): Promise<void> {
    const { store, recorderOf, clock } = this.#deps;
    const { id, watch, target } = asked;
    const known = (await store.readObservations(watch.name, [id])).get(id);
    if (!known?.job || known.job.actor) {
      this.#asked.delete(keyOf(watch, id));
      return;
    }
    const now = clock.now();
    const comparison = compareActor(known, known.job, actor, now);
    const observations = comparison.observation === null ? [] : [comparison.observation];
    const found = {
      watch,
      target,
      observations,
      comparisons: [{ comparison, foundAt: now }],
      baseline: null,
    };
    // A poll may have found more of it meanwhile: then it is recorded after the next one.
    await recorderOf(target).recordPoll({ ...found, usuals: new Map(), madeOf: known }, this.#life.signal);
  }

  /** A job is told of as started just once, and when it is known no longer. */
  #noteJob({ event: { name, subject, test, reminder } }: PlannedEvent): void {
    if (name !== 'started' || subject.kind !== 'job' || test || reminder !== null) return;
    const watches = this.#deps.watches();
    const watch = watches.find((each) => each.name === subject.watch);
    if (watch === undefined || !watches.some(asksForActors)) return;
    if (asksForActors(watch)) this.#ask(watch, subject.job, subject.labels);
    else this.#remember(subject.job);
  }

  #ask(watch: Watch, job: RestoreJob, labels: Target['labels']): void {
    const { id, kind, groupId, instanceName } = job;
    const key = keyOf(watch, id);
    this.#remember(job);
    if (this.#asked.has(key)) return;
    const target = { ...targetOf(watch), groupId, instanceName, labels };
    const foundMono = this.#deps.clock.monotonic();
    this.#asked.set(key, { id, kind, watch, target, at: startOf(job), foundMono, actor: null });
  }

  #remember({ id, kind, groupId, createdAt }: RestoreJob): void {
    const at = startOf({ id, createdAt });
    for (const [key, recent] of this.#recent) if (recent.at < at - REMEMBERED_MS) this.#recent.delete(key);
    this.#recent.set(id, { id, kind, at, groupId });
  }
}

const UNREADABLE: Actor = { confidence: 'none', because: 'unreadable' };

/** The ids of jobs say when they were begun; others do not. */
function startOf({ id, createdAt }: Pick<RestoreJob, 'id' | 'createdAt'>): Timestamp {
  return objectIdInstant(id) ?? createdAt;
}

/** What Atlas says of the project is not known here. */
function labelsIn({ labels }: Watch, { instanceName }: RestoreJob): Target['labels'] {
  return labelsFor(labels, { project: null, instance: { name: instanceName, tags: {} } });
}

function keyOf({ name }: Watch, id: string): string {
  return JSON.stringify([name, id]);
}
