import pLimit from 'p-limit';
import type { Clock } from '../../../clock.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { JOB_KINDS, type JobKind } from '../../../domain/job/restore-job.ts';
import { verdictOn } from '../../../domain/polling/feed-memory.ts';
import {
  afterJob,
  afterMending,
  afterRefusal,
  afterTime,
  firstTrust,
  type Trust,
} from '../../../domain/polling/trust.ts';
import type { Signals } from '../../../signals.ts';
import type { JobSource } from '../../../source/source.ts';
import type { FeedPlace, FeedStore, FeedTrust } from '../../../store/ports/feeds.ts';
import type { Recorder } from '../../record/recorder.ts';
import { type FeedLook, type FeedRefusal, type OpenJob, ProjectFeed } from './feed.ts';

/** Feeds that are asked at once. Each has a budget of its own, and some may hang. */
const AT_ONCE = 32;

/** What a book of feeds works with. */
export interface FeedBookDeps {
  store: FeedStore;
  /**
   * What is found out about the feed of a project is recorded by this, under the lease on the project.
   * @throws {StoreError} reason `fenced` when the project is not ours any more.
   */
  recorderOf: (project: Pick<FeedPlace, 'connection' | 'groupId'>) => Pick<Recorder, 'recordFeedTrust'>;
  clock: Clock;
  signals: Signals;
}

/**
 * The activity feeds of all projects that are followed, and how far each is relied on. Watches of several kinds share the feed of a
 * project: it is asked once for all of them.
 */
export class FeedBook {
  readonly #deps: FeedBookDeps;
  readonly #feeds = new WeakMap<JobSource, Map<string, ProjectFeed>>();
  /** By `keyOf`. */
  readonly #trusts = new Map<string, Trust>();
  /** Those of them that are to be tried again. */
  readonly #forgiven = new Set<string>();
  readonly #limit = pLimit(AT_ONCE);
  readonly #life = new AbortController();
  readonly #inHand = new Set<Promise<unknown>>();

  constructor(deps: FeedBookDeps) {
    this.#deps = deps;
  }

  /** The feed of a project; the same one each time. */
  feedOf(source: JobSource, { connection, groupId }: Omit<FeedPlace, 'kind'>): ProjectFeed {
    const ofSource = this.#feeds.get(source) ?? new Map<string, ProjectFeed>();
    this.#feeds.set(source, ofSource);
    const feed = ofSource.get(groupId) ?? new ProjectFeed(this.#deps.clock, source, { connection, groupId });
    ofSource.set(groupId, feed);
    return feed;
  }

  /** How far the feed of a project is relied on. Known after `prepare`. */
  trustIn(place: FeedPlace): Trust {
    return this.#trusts.get(keyOf(place)) ?? firstTrust(place.kind, this.#deps.clock.now());
  }

  /**
   * Finds out how far the feeds of these projects are relied on, as of now: by what earlier processes have noted, and by the time.
   * @throws {StoreError}
   */
  async prepare(of: Omit<FeedPlace, 'groupId'>, groupIds: readonly string[]): Promise<void> {
    const unknown = groupIds.filter((groupId) => !this.#trusts.has(keyOf({ ...of, groupId })));
    const noted = unknown.length === 0 ? [] : await this.#deps.store.readFeedTrust(of, unknown);
    for (const { trust, ...place } of noted) this.#trusts.set(keyOf(place), trust);
    const now = this.#deps.clock.now();
    const begun = groupIds.flatMap((groupId): FeedTrust[] => {
      const place = { ...of, groupId };
      const known = this.#trusts.get(keyOf(place));
      const trust = known === undefined ? firstTrust(of.kind, now) : this.#renewed(known, place, now);
      return trust === known ? [] : [{ ...place, trust }];
    });
    await this.#note(begun);
  }

  /** Asks those of the feeds that are due; `advanced` is called after each. Resolves when none of them is being asked any more. */
  async look(
    feeds: readonly ProjectFeed[],
    gapMs: number,
    { advanced, ...options }: Omit<FeedLook, 'signal'> & { advanced: () => void },
  ): Promise<void> {
    const { signal } = this.#life;
    const looks = Promise.all(
      feeds.map((feed) =>
        this.#limit(async () => {
          if (!signal.aborted) await feed.look(gapMs, { ...options, signal });
          advanced();
        }),
      ),
    );
    this.#inHand.add(looks);
    await looks.finally(() => this.#inHand.delete(looks));
  }

  /** Somebody says that what was wrong is mended: feeds that could not be read are tried again. */
  forgive(): void {
    for (const key of this.#trusts.keys()) this.#forgiven.add(key);
  }

  /**
   * Another replica looks after this project (`*`: every project of the connection) from now on: what is known of its feed is out of date
   * when it comes back.
   */
  forget(source: JobSource, { connection, groupId }: Omit<FeedPlace, 'kind'>): void {
    const feeds = this.#feeds.get(source);
    const gone = groupId === '*' ? [...(feeds?.keys() ?? [])] : [groupId];
    for (const project of gone) {
      feeds?.delete(project);
      for (const kind of JOB_KINDS) this.#trusts.delete(keyOf({ connection, groupId: project, kind }));
    }
  }

  /** A job was found that was not known. What the feed has told of it shows whether that can be relied on. */
  found(feed: ProjectFeed, job: OpenJob): void {
    feed.open.set(job.id, job);
  }

  /**
   * Judges the feed by the jobs of this kind that were found, as far as can be said by now.
   * @throws {StoreError}
   */
  async judge(feed: ProjectFeed, kind: JobKind): Promise<void> {
    const place = { connection: feed.connection, groupId: feed.groupId, kind };
    for (const job of feed.open.values()) {
      if (job.kind !== kind) continue;
      const verdict = verdictOn(feed.memory, job);
      if (verdict === 'open') continue;
      feed.open.delete(job.id);
      if (verdict === 'unasked' || this.trustIn(place).standing === 'distrusted') continue;
      const isTold = verdict === 'told';
      const trust = afterJob(this.trustIn(place), { id: job.id, isTold }, this.#deps.clock.now());
      await this.#note([{ ...place, trust }]);
      this.#deps.signals.emit('feed:judged', { watch: job.watch, isTold });
    }
  }

  /**
   * The feed cannot be read, though the jobs of the project can.
   * @throws {StoreError}
   */
  async refused(place: FeedPlace, refusal: FeedRefusal): Promise<void> {
    const trust = this.trustIn(place);
    const now = this.#deps.clock.now();
    const after = afterRefusal(trust, refusal, now);
    if (after !== trust) await this.#note([{ ...place, trust: after }]);
  }

  /** Cuts short what is in hand, asks nothing any more, and waits until all of it has ended. */
  async stop(reason: Error): Promise<void> {
    this.#life.abort(reason);
    await Promise.all(this.#inHand);
  }

  #renewed(known: Trust, place: FeedPlace, now: Timestamp): Trust {
    const isForgiven = this.#forgiven.delete(keyOf(place));
    const trust = isForgiven ? afterMending(known, place.kind, now) : known;
    return afterTime(trust, place.kind, now);
  }

  /** What is written counts: after a fault of the store all is as it was. */
  async #note(all: readonly FeedTrust[]): Promise<void> {
    if (all.length === 0) return;
    const isNews = (each: FeedTrust): boolean => {
      const known = this.#trusts.get(keyOf(each));
      return known === undefined ? each.trust.standing === 'trusted' : known.standing !== each.trust.standing;
    };
    // Whoever has the store alone writes all of them at once; under leases each project is written under its own.
    const byRecorder = Map.groupBy(all, (each) => this.#deps.recorderOf(each));
    await Promise.all(
      [...byRecorder].map(async ([recorder, those]) => {
        await recorder.recordFeedTrust(those, those.filter(isNews));
        for (const { trust, ...place } of those) this.#trusts.set(keyOf(place), trust);
      }),
    );
  }
}

function keyOf({ connection, kind, groupId }: FeedPlace): string {
  return [connection, kind, groupId].join('/');
}
