import type { PlannedEvent } from '../../../domain/event/plan.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { objectIdInstant } from '../../../domain/instant.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import {
  type Due,
  dueOf,
  type HintFacts,
  isWorthAsking,
  mayBeHinted,
  modeOf,
  nextByEvent,
  type PollMode,
} from '../../../domain/polling/hint.ts';
import { sweepMsOf } from '../../../domain/polling/trust.ts';
import type { JobSource } from '../../../source/source.ts';
import { createPollProgress, joined, type PollProgress } from '../../poll/progress.ts';
import type { HintStatus } from '../../status.ts';
import type { TrackedTarget } from '../targets/tracked.ts';
import { endsInTime } from '../targets/turns.ts';
import type { ProjectFeed } from './feed.ts';
import type { FeedBook, FeedBookDeps } from './feed-book.ts';
import { HintJournal, type HintJournalDeps } from './hint-journal.ts';

/** What the hint of a watch works with. */
export interface WatchHintDeps extends Pick<FeedBookDeps, 'clock' | 'signals'>, HintJournalDeps {
  source: JobSource;
  feeds: FeedBook;
  /** Called when targets are due because of an event, between two ticks. */
  again: () => void;
}

/** How one project of the watch is polled at present. */
interface Project {
  facts: HintFacts;
  /** `null` where the feed is not asked. */
  feed: ProjectFeed | null;
  targets: number;
}

const NO_NEWS: readonly number[] = [];

/** Knows, for one `*` watch, what the feeds of its projects make due. */
export class WatchHint {
  readonly #deps: WatchHintDeps;
  readonly #watch: Watch;
  readonly #journal: HintJournal;
  readonly #projects = new Map<string, Project>();
  readonly #end: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: WatchHintDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.#journal = new HintJournal(deps, watch);
    this.#end = deps.signals.on('event:recorded', ({ planned }) => this.#noteJob(planned));
  }

  /**
   * Asks the feeds that are due, and takes account of what they have told and proved. What is slow to answer is not waited for.
   * @throws {StoreError}
   */
  async look(
    targets: readonly TrackedTarget[],
    { gapMs, progress }: { gapMs: number; progress: PollProgress | undefined },
  ): Promise<void> {
    const { feeds, source, clock } = this.#deps;
    const { connection, kind } = this.#watch;
    const byProject = Map.groupBy(
      targets.filter(({ following }) => following === 'whole'),
      ({ target }) => target.groupId,
    );
    for (const groupId of this.#projects.keys()) if (!byProject.has(groupId)) this.#projects.delete(groupId);
    await feeds.prepare({ connection, kind }, [...byProject.keys()]);
    const asked = [...byProject].flatMap(([groupId, there]) => {
      const isWorth = isWorthAsking(this.#factsOf(groupId, there, gapMs));
      return isWorth ? [{ there, feed: feeds.feedOf(source, { connection, groupId }) }] : [];
    });
    const own = joined(createPollProgress(clock), progress);
    const looks = feeds.look(
      asked.map(({ feed }) => feed),
      gapMs,
      { isUrgent: false, onWait: own.waits, advanced: own.advanced },
    );
    if (!(await endsInTime(looks, own))) for (const { feed } of asked) feed.leave();
    for (const { feed, there } of asked) await this.#judge(feed, there);
    const feedsAsked = new Map(asked.map(({ feed }) => [feed.groupId, feed]));
    for (const [groupId, there] of byProject) {
      const feed = feedsAsked.get(groupId) ?? null;
      // A feed that is refused tells nothing, however lately it answered.
      const unheardMs = feed === null || feed.refusal !== null ? null : feed.unheardMs;
      const facts = { ...this.#factsOf(groupId, there, gapMs), unheardMs };
      const { trust, sweepEveryMs } = facts;
      const sweepMs = sweepMsOf(trust, sweepEveryMs, clock.now());
      const newsMono = feed?.newsMono ?? NO_NEWS;
      this.#projects.set(groupId, {
        facts: { mode: modeOf(facts), gapMs, sweepMs, newsMono },
        feed,
        targets: there.length,
      });
    }
    await this.#journal.note(this.#modes());
  }

  /** Why this target is to be polled now; `null`: it is not. */
  dueOf(tracked: TrackedTarget): Due | null {
    const { target, following, reading, hasRunningJobs, phase } = tracked;
    const project = this.#projects.get(target.groupId);
    if (project === undefined || following === 'leaving') return 'all';
    const isRead = reading.lastReadMono !== null;
    const isFailing = reading.last !== null && reading.last.failure !== null;
    const { begunMono } = reading;
    return dueOf(
      { isRead, isFailing, hasRunningJobs, begunMono, phase },
      { ...project.facts, newsMono: project.feed?.newsMono ?? NO_NEWS },
      this.#deps.clock.monotonic(),
    );
  }

  /** Every project was looked at since then, be it by its feed alone: nothing that is due was left out. */
  hasLookedSince(mono: number): boolean {
    return [...this.#projects.values()].every(
      ({ facts, feed }) => facts.mode === 'hint' && feed?.hasAnsweredSince(mono, facts.gapMs) === true,
    );
  }

  /** From one poll of this target to the next, while nothing happens there; `null`: as the schedule has it. */
  sweepMsOf({ target, following }: TrackedTarget): number | null {
    const facts = this.#projects.get(target.groupId)?.facts;
    const isSwept = facts?.mode === 'hint' && facts.sweepMs > facts.gapMs && following === 'whole';
    return isSwept ? facts.sweepMs : null;
  }

  /**
   * Since when nothing can have happened on this target of which the feed did not tell; `null`: its feed is not relied on, or the target is
   * due for a sweep.
   */
  heardMonoOf(tracked: TrackedTarget): number | null {
    const { target, reading } = tracked;
    const project = this.#projects.get(target.groupId);
    const sweepMs = this.sweepMsOf(tracked);
    if (!project?.feed || sweepMs === null || reading.seenMono === null) return null;
    const { answeredMono } = project.feed;
    return answeredMono === null ? null : Math.min(answeredMono, reading.seenMono + sweepMs);
  }

  /** A project is polled by its feed. */
  get isInUse(): boolean {
    return [...this.#projects.values()].some(({ facts }) => facts.mode === 'hint');
  }

  /** How long until targets are due because of an event, in milliseconds; `null`: no event asks for more. */
  untilNextMs(): number | null {
    const now = this.#deps.clock.monotonic();
    const next = [...this.#projects.values()].flatMap(({ facts, feed }) =>
      facts.mode === 'hint' && feed !== null ? (nextByEvent(feed.newsMono, now) ?? []) : [],
    );
    return next.length === 0 ? null : Math.min(...next) - now;
  }

  /** How the projects of the watch are polled at present. */
  status(): HintStatus {
    const all = [...this.#projects.values()];
    const hinted = all.filter(({ facts }) => facts.mode === 'hint');
    return {
      projects: hinted.length,
      instances: hinted.reduce((sum, { targets }) => sum + targets, 0),
      sweepMs:
        hinted.length === 0
          ? this.#watch.sweepEveryMs
          : Math.max(...hinted.map(({ facts }) => Math.max(facts.sweepMs, facts.gapMs))),
      without: this.#modes().flatMap(({ groupId, mode, detail }) =>
        mode === 'hint' ? [] : [{ groupId, reason: mode, detail }],
      ),
    };
  }

  /** Sees to it that what events ask for is polled in its time, though no tick may do so. */
  plan(): void {
    this.#cancel();
    const ms = this.untilNextMs();
    if (ms !== null) this.#timer = setTimeout(this.#deps.again, ms);
  }

  /** Plans nothing and listens no more. */
  stop(): void {
    this.#cancel();
    this.#end();
  }

  #cancel(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #factsOf(groupId: string, there: readonly TrackedTarget[], gapMs: number) {
    const { connection, kind, sweepEveryMs } = this.#watch;
    const trust = this.#deps.feeds.trustIn({ connection, kind, groupId });
    return { targets: there.length, gapMs, sweepEveryMs, trust };
  }

  async #judge(feed: ProjectFeed, there: readonly TrackedTarget[]): Promise<void> {
    const { feeds } = this.#deps;
    const { connection, kind } = this.#watch;
    await feeds.judge(feed, kind);
    const { refusal } = feed;
    // Where the jobs cannot be read either, the fault is not the feed's.
    const canRead = there.some(
      ({ reading: { lastReadMono } }) => (lastReadMono ?? 0) > (refusal?.sinceMono ?? 0),
    );
    if (refusal === null || !canRead) return;
    await feeds.refused({ connection, kind, groupId: feed.groupId }, refusal);
  }

  #modes(): Array<{ groupId: string; mode: PollMode; detail: string | null }> {
    const { connection, kind } = this.#watch;
    return [...this.#projects].map(
      ([
        groupId,
        {
          facts: { mode },
        },
      ]) => {
        const { detail } = this.#deps.feeds.trustIn({ connection, kind, groupId });
        return { groupId, mode, detail };
      },
    );
  }

  /** A job is told of as started just once, and when it is known no longer. */
  #noteJob({ event: { name, subject, test } }: PlannedEvent): void {
    if (name !== 'started' || subject.kind !== 'job' || test || subject.watch !== this.#watch.name) return;
    const { groupId } = subject.instance;
    const feed = this.#projects.get(groupId)?.feed;
    if (!feed) return;
    const { id, createdAt } = subject.job;
    const at: Timestamp | null = objectIdInstant(id) ?? createdAt;
    if (at !== null)
      this.#deps.feeds.found(feed, { id, kind: this.#watch.kind, watch: this.#watch.name, at });
  }
}

/** The hint of a watch; `null` for one that no feed can help: of such jobs the feed does not tell, or nothing has to be looked for. */
export function createWatchHint(
  deps: Omit<WatchHintDeps, 'feeds'>,
  watch: Watch,
  feeds: FeedBook | undefined,
): WatchHint | null {
  return feeds && mayBeHinted(watch) ? new WatchHint({ ...deps, feeds }, watch) : null;
}
