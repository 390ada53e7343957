import pLimit from 'p-limit';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Fate } from '../../../domain/job/cession.ts';
import { liesIn, type WatchPlace } from '../../../domain/job/place.ts';
import { labelsFor, type Target, targetKey, type Watch } from '../../../domain/job/watch.ts';
import { SourceError } from '../../../errors.ts';
import type { ListedProject, ReadOptions } from '../../../source/source.ts';
import { createPollProgress, joined, type PollProgress } from '../../poll/progress.ts';
import { FollowedTargets } from './followed.ts';
import { Listing } from './listing.ts';
import { type FateOf, portionsOf, sorted, whyNothing } from './looks.ts';
import { emptyPage, fateBy, type ProjectPage } from './project-page.ts';
import type { ListFault, TargetBook, TargetBookDeps } from './target-book.ts';
import { placeOfTarget, type TrackedTarget } from './tracked.ts';
import { endsInTime, STALL_MS, Turns } from './turns.ts';

/** Projects whose instances are listed at once; the request budget is the real limit. */
const PROJECTS_AT_ONCE = 4;

/** What a watch with wildcards has found. */
export class DiscoveringBook implements TargetBook {
  readonly turns: Turns;
  readonly #deps: TargetBookDeps;
  readonly #watch: Watch;
  readonly #limit = pLimit(PROJECTS_AT_ONCE);
  /** `null` for a watch that names its project. */
  readonly #projects: Listing | null;
  readonly #pages = new Map<string, ProjectPage>();
  readonly #followed: FollowedTargets;
  /** When the projects were listed last. */
  #projectsLookedAt: Timestamp | null | undefined = undefined;
  #broken: Error | null = null;
  readonly #life = new AbortController();
  #hasWarnedOfNothing = false;

  constructor(deps: TargetBookDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.turns = new Turns(deps.clock);
    this.#followed = new FollowedTargets(deps, watch);
    this.#projects = watch.groupId === '*' ? new Listing(deps.clock, watch.discoverEveryMs) : null;
    if (this.#projects === null) this.#open(watch.groupId, null);
  }

  async current(
    signal: AbortSignal,
    { progress, isPatient = false }: { progress?: PollProgress | undefined; isPatient?: boolean } = {},
  ): Promise<TrackedTarget[]> {
    const own = joined(createPollProgress(this.#deps.clock), progress);
    // A list that is slow to come outlives the poll that asked for it, and ends with the watch.
    const untilEither = AbortSignal.any([signal, this.#life.signal]);
    const options: ReadOptions = { signal: untilEither, isUrgent: false, onWait: own.waits };
    await this.#look(options, own.advanced, async (inHand) => {
      const all = Promise.all(inHand);
      if (isPatient) return all.then(() => true);
      if (await endsInTime(all, own)) return true;
      // Before anything is known there is nothing to poll meanwhile.
      return this.#followed.size === 0 && Promise.race(inHand).then(() => true);
    });
    signal.throwIfAborted();
    const broken = this.#broken;
    this.#broken = null;
    if (broken) throw broken;
    if (this.#hasLooked()) this.#warnOfNothing();
    return this.#followed.all();
  }

  known(): readonly TrackedTarget[] {
    return this.#followed.all();
  }

  forgive(): void {
    for (const { reading } of this.#followed.all()) {
      reading.notBeforeMono = Number.NEGATIVE_INFINITY;
      reading.failures = 0;
      reading.isForgiven = reading.turn !== null;
    }
    for (const listing of this.#lists) listing.forgive();
  }

  faults(): ListFault[] {
    const ofProjects = this.#projects?.fault ? [{ groupId: null, error: this.#projects.fault }] : [];
    const ofInstances = [...this.#pages.values()].flatMap(({ groupId, listing: { fault } }) =>
      fault ? [{ groupId, error: fault }] : [],
    );
    return [...ofProjects, ...ofInstances];
  }

  find(place: Pick<Target, 'groupId' | 'instanceName'>): TrackedTarget | null {
    return this.#followed.find(place);
  }

  fateOf(place: WatchPlace): Fate | null {
    if (this.#followed.all().some(({ target }) => liesIn(target, place))) return null;
    if (this.#projects !== null && !this.#projects.hasSucceeded) return null;
    return fateBy(this.#pages.get(place.groupId), this.#watch, place);
  }

  doubt(tracked: TrackedTarget, how: { askedMono: number; isNews: boolean; isProject: boolean }): boolean {
    const listing = how.isProject
      ? this.#projects
      : (this.#pages.get(tracked.target.groupId)?.listing ?? null);
    if (listing === null || tracked.following === 'leaving') return false;
    listing.doubt(how);
    return listing.isDue;
  }

  isListed(groupId: string): boolean {
    const listing = this.#pages.get(groupId)?.listing;
    return listing?.hasSucceeded === true && listing.fault === null;
  }

  silent(dueWithinMsOf: (tracked: TrackedTarget) => number): ReturnType<TargetBook['silent']> {
    const now = this.#deps.clock.monotonic();
    return this.#followed.all().flatMap((tracked) => {
      const { lastReadMono, sinceMono } = tracked.reading;
      const blindForMs = now - (lastReadMono ?? sinceMono);
      const idleMs = this.turns.idleMs(tracked);
      if (blindForMs <= dueWithinMsOf(tracked) || idleMs < STALL_MS) return [];
      return [{ place: placeOfTarget(tracked), blindForMs, idleMs }];
    });
  }

  drop(tracked: TrackedTarget): void {
    this.#followed.drop(tracked);
  }

  projectNameOf(groupId: string): string | null {
    return this.#projectOf(groupId)?.name ?? null;
  }

  labelsOf(place: WatchPlace): Readonly<Record<string, string>> {
    const { groupId, instanceName } = place;
    const tracked = instanceName === null ? null : this.find({ groupId, instanceName });
    if (tracked) return tracked.target.labels;
    return labelsFor(this.#watch.labels, { project: this.#projectOf(groupId), instance: null });
  }

  async stop(reason: Error): Promise<void> {
    this.#life.abort(reason);
    await Promise.all([this.turns.stop(reason), ...this.#inHand()]);
  }

  get isComplete(): boolean {
    return this.#lists.every((listing) => listing.hasSucceeded || listing.fault !== null);
  }

  get #lists(): Listing[] {
    return [this.#projects ?? [], [...this.#pages.values()].map(({ listing }) => listing)].flat();
  }

  #hasLooked(): boolean {
    return this.#lists.every(({ hasSucceeded }) => hasSucceeded);
  }

  #inHand(): Array<Promise<void>> {
    return this.#lists.flatMap((listing) => listing.inHand ?? []);
  }

  /** Asks for every list that is due, and for those that become due by that, for as long as `wait` finds it worth waiting for them. */
  async #look(
    options: ReadOptions,
    advanced: () => void,
    wait: (inHand: ReadonlyArray<Promise<void>>) => Promise<boolean>,
  ): Promise<void> {
    for (;;) {
      if (this.#broken === null && !options.signal.aborted) this.#begin(options, advanced);
      const inHand = this.#inHand();
      if (inHand.length === 0 || !(await wait(inHand))) return;
    }
  }

  #begin(options: ReadOptions, advanced: () => void): void {
    const { signal } = options;
    const onBroken = (error: Error): void => {
      this.#broken ??= error;
    };
    const beginPages = (): void => {
      for (const page of this.#pages.values()) {
        page.listing.begin(
          () => this.#limit(() => this.#listOrDoubt(page, options, advanced)),
          signal,
          onBroken,
        );
      }
    };
    this.#projects?.begin(
      async () => {
        await this.#listProjects(options, advanced);
        beginPages();
      },
      signal,
      onBroken,
    );
    beginPages();
  }

  async #listProjects(options: ReadOptions, advanced: () => void): Promise<void> {
    const { source, store, clock } = this.#deps;
    const ownKey = targetKey({ ...this.#watch, watch: this.#watch.name });
    const begunAt = clock.now();
    const listed = await source.listProjects(this.#watch, options);
    advanced();
    const lookedAt = begunAt + source.surelyAheadMs();
    this.#projectsLookedAt ??= await store.lastLookAt(ownKey);
    for (const project of listed) {
      const page = this.#pages.get(project.groupId);
      if (page) page.project = project;
      else await this.#openFound(project, this.#projectsLookedAt);
    }
    const ids = new Set(listed.map(({ groupId }) => groupId));
    options.signal.throwIfAborted();
    for (const groupId of this.#pages.keys()) if (!ids.has(groupId)) this.#pages.delete(groupId);
    const fateOf: FateOf = ({ groupId }) => (ids.has(groupId) ? null : 'gone');
    await this.#followed.part(fateOf, { hasProjectGone: true, projectOf: this.#projectOf }, options.signal);
    await store.noteLook(ownKey, lookedAt);
    this.#projectsLookedAt = lookedAt;
  }

  /** What began in a project since the last look at all projects is news there; that is kept for as long as it was not listed. */
  async #openFound(project: ListedProject, since: Timestamp | null): Promise<void> {
    const { store } = this.#deps;
    const key = this.#keyOfProject(project.groupId);
    const page = this.#open(project.groupId, project);
    page.lookedAt = await store.lastLookAt(key);
    if (page.lookedAt === null && since !== null) {
      page.lookedAt = since;
      await store.noteLook(key, since);
    }
  }

  #open(groupId: string, project: ListedProject | null): ProjectPage {
    const page = emptyPage(this.#deps.clock, this.#watch, { groupId, project });
    this.#pages.set(groupId, page);
    return page;
  }

  /** A project that is said not to be there may have gone since the projects were listed: they are, at once. */
  async #listOrDoubt(page: ProjectPage, options: ReadOptions, advanced: () => void): Promise<void> {
    const askedMono = this.#deps.clock.monotonic();
    try {
      await this.#listInstances(page, options, advanced);
    } catch (thrown) {
      if (thrown instanceof SourceError && thrown.subject === 'project' && thrown.reason !== 'rate_limited') {
        this.#projects?.doubt({ askedMono, isNews: page.listing.fault === null });
      }
      throw thrown;
    }
  }

  async #listInstances(page: ProjectPage, options: ReadOptions, advanced: () => void): Promise<void> {
    const { source, store, clock } = this.#deps;
    const [groupId, key, begunAt] = [page.groupId, this.#keyOfProject(page.groupId), clock.now()];
    const listed = await source.listInstances({ ...this.#watch, groupId }, options);
    advanced();
    const lookedAt = begunAt + source.surelyAheadMs();
    if (page.lookedAt === undefined) page.lookedAt = await store.lastLookAt(key);
    const { followed, leftOut } = sorted(this.#watch, groupId, listed);
    page.leftOut = leftOut;
    for await (const portion of portionsOf(followed))
      await this.#followed.enter(page, portion, options.signal);
    const names = new Set(followed.map(({ instanceName }) => instanceName));
    const fateOf: FateOf = (target) =>
      target.groupId !== groupId || names.has(target.instanceName)
        ? null
        : (leftOut.get(target.instanceName) ?? 'gone');
    await this.#followed.part(fateOf, { hasProjectGone: false, projectOf: this.#projectOf }, options.signal);
    await store.noteLook(key, lookedAt);
    page.lookedAt = lookedAt;
  }

  readonly #projectOf = (groupId: string): ListedProject | null => this.#pages.get(groupId)?.project ?? null;

  #keyOfProject(groupId: string): string {
    return targetKey({ ...this.#watch, watch: this.#watch.name, groupId });
  }

  /** A discovery that finds nothing looks like peace, and is most likely a mistake. */
  #warnOfNothing(): void {
    const { name } = this.#watch;
    if (this.#followed.size > 0) this.#hasWarnedOfNothing = false;
    else if (!this.#hasWarnedOfNothing) {
      this.#hasWarnedOfNothing = true;
      const fields = { watch: name, hint: whyNothing(this.#watch) };
      this.#deps.logger.warn(`Watch ${name} finds no instance to follow`, fields);
    }
  }
}
