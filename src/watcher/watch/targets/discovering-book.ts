import pLimit from 'p-limit';
import type { Fate } from '../../../domain/job/cession.ts';
import { liesIn, type WatchPlace } from '../../../domain/job/place.ts';
import { isOfAllProjects, labelsFor, type Target, type Watch } from '../../../domain/job/watch.ts';
import { SourceError } from '../../../errors.ts';
import type { ListedProject, ReadOptions } from '../../../source/source.ts';
import type { Hold } from '../../leases/leases.ts';
import { createPollProgress, joined, type PollProgress } from '../../poll/progress.ts';
import { writersIn } from '../../share/watch-share.ts';
import { FollowedTargets } from './followed.ts';
import { HeldProjects } from './held-projects.ts';
import type { Listing } from './listing.ts';
import { type FateOf, keyOfProject, portionsOf, sorted, whyNothing } from './looks.ts';
import { ProjectList } from './project-list.ts';
import { emptyPage, fateBy, type ProjectPage } from './project-page.ts';
import type { ListFault, TargetBook, TargetBookDeps } from './target-book.ts';
import type { TrackedTarget } from './tracked.ts';
import { endsInTime, Turns } from './turns.ts';

/** Projects whose instances are listed at once; the request budget is the real limit. */
const PROJECTS_AT_ONCE = 4;

/** What a watch with wildcards has found. */
export class DiscoveringBook implements TargetBook {
  readonly turns: Turns;
  readonly #deps: TargetBookDeps;
  readonly #watch: Watch;
  readonly #limit = pLimit(PROJECTS_AT_ONCE);
  /** `null` for a watch that names its project. */
  readonly #projects: ProjectList | null;
  readonly #pages = new Map<string, ProjectPage>();
  readonly #followed: FollowedTargets;
  /** Projects of which Atlas has said that they are not there; see `doubted`. */
  readonly #doubted = new Set<string>();
  readonly #held: HeldProjects;
  /** Projects that have gone, and whose targets are followed to their end. */
  readonly #parted = new Set<string>();
  #broken: Error | null = null;
  readonly #life = new AbortController();
  #hasWarnedOfNothing = false;

  constructor(deps: TargetBookDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.turns = new Turns(deps.clock);
    this.#followed = new FollowedTargets(deps, watch);
    this.#held = new HeldProjects(deps.share, this.turns);
    this.#projects = isOfAllProjects(watch) ? new ProjectList(deps, watch) : null;
    const hold = this.#projects === null ? deps.share.holdOf(watch.groupId) : null;
    if (hold !== null) this.#open(watch.groupId, { project: null, hold });
  }

  async current(
    signal: AbortSignal,
    { progress, isPatient = false }: { progress?: PollProgress | undefined; isPatient?: boolean } = {},
  ): Promise<TrackedTarget[]> {
    const own = joined(createPollProgress(this.#deps.clock), progress);
    // A list that is slow to come outlives the poll that asked for it, and ends with the watch.
    const untilEither = AbortSignal.any([signal, this.#life.signal]);
    const options: ReadOptions = { signal: untilEither, isUrgent: false, onWait: own.waits };
    if (!this.#deps.share.isWhole) await this.#followFound(untilEither);
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
    if (this.#hasLooked() && this.#deps.share.isWhole) this.#warnOfNothing();
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
    const own = this.#projects?.isOurs ? this.#projects.listing.fault : null;
    const ofProjects = own ? [{ groupId: null, error: own }] : [];
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
    if (this.#projects !== null && !this.#held.isOursToTell(place.groupId)) return null;
    return fateBy(this.#pages.get(place.groupId), this.#watch, place);
  }

  doubt(tracked: TrackedTarget, how: { askedMono: number; isNews: boolean; isProject: boolean }): boolean {
    const { groupId } = tracked.target;
    const listing = how.isProject ? this.#projects?.listing : this.#pages.get(groupId)?.listing;
    if (listing === undefined || tracked.following === 'leaving') return false;
    if (how.isProject) this.#doubted.add(groupId);
    listing.doubt(how);
    return listing.isDue && (!how.isProject || this.#projects?.isOurs === true);
  }

  isListed(groupId: string): boolean {
    const listing = this.#pages.get(groupId)?.listing;
    return listing?.hasSucceeded === true && listing.fault === null;
  }

  silent(dueWithinMsOf: (tracked: TrackedTarget) => number): ReturnType<TargetBook['silent']> {
    return this.turns.silent(this.#followed.all(), dueWithinMsOf);
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
    await Promise.all([
      this.turns.stop(reason),
      this.#projects?.listing.inHand,
      ...this.#inHand(),
      this.#held.ended(),
    ]);
  }

  get isComplete(): boolean {
    const areProjectsKnown = this.#projects === null || this.#projects.isOurs || this.#projects.isKnown;
    return areProjectsKnown && this.#lists.every((listing) => listing.hasSucceeded || listing.fault !== null);
  }

  hasWork(): boolean {
    const isOurs = this.#projects === null || this.#projects.isOurs;
    return isOurs || this.#held.isAny || this.hasNewcomers();
  }

  hasNewcomers(): boolean {
    return this.#projects !== null && this.#held.hasNewcomers();
  }

  projects(): WatchPlace[] {
    return this.#pages
      .keys()
      .map((groupId) => this.#placeOf(groupId))
      .toArray();
  }

  hasProjects(): boolean {
    return this.#pages.size > 0;
  }

  doubted(): string[] {
    for (const groupId of this.#doubted) if (!this.#isInDoubt(groupId)) this.#doubted.delete(groupId);
    return [...this.#doubted].toSorted();
  }

  follow(graceMs: number): string[] {
    if (this.#deps.share.isWhole) return [];
    this.#projects?.follow();
    if (graceMs === 0) this.#held.cutShort();
    const lost = this.#held.lost();
    for (const groupId of lost) this.#letGo(groupId, graceMs);
    return lost;
  }

  async ended(groupId: string | null): Promise<void> {
    if (groupId !== null) await this.#held.ended(groupId);
    else if (this.#projects?.isOurs === false) await this.#projects.listing.inHand;
  }

  get #lists(): Listing[] {
    const ofProjects = this.#projects?.isOurs ? [this.#projects.listing] : [];
    return [...ofProjects, ...this.#pages.values().map(({ listing }) => listing)];
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
    const onBroken = (error: Error): void => {
      this.#broken ??= error;
    };
    const beginPages = (): void => {
      for (const page of this.#pages.values()) {
        if (!page.listing.isDue) continue;
        const signal = this.#deps.share.isWhole
          ? options.signal
          : AbortSignal.any([options.signal, page.life.signal]);
        page.listing.begin(
          () => this.#limit(() => this.#listOrDoubt(page, { ...options, signal }, advanced)),
          signal,
          onBroken,
        );
      }
    };
    this.#projects?.begin({
      ...{ options, advanced, onBroken },
      onFound: async (signal) => {
        await this.#followFound(signal);
        beginPages();
      },
    });
    beginPages();
  }

  /** Has a page for each project that was found and is here, and follows what is open in those that have gone to its end. */
  async #followFound(signal: AbortSignal): Promise<void> {
    const { share } = this.#deps;
    const found = share.projects();
    if (this.#projects === null || found === null) return;
    const gone: string[] = [];
    for (const {
      found: { isGone, ...project },
      hold,
    } of this.#held.here()) {
      const { groupId, name } = project;
      const named = { ...project, name: name ?? groupId };
      const page = this.#pages.get(groupId);
      if (isGone) {
        if (!this.#parted.has(groupId)) gone.push(groupId);
        this.#held.add(groupId, hold);
      } else if (page) page.project = named;
      else this.#open(groupId, { project: named, hold });
    }
    for (const groupId of this.#pages.keys())
      if (found.get(groupId)?.isGone !== false) this.#pages.delete(groupId);
    if (!share.isWhole && gone.length === 0) return;
    const fateOf: FateOf = ({ groupId }) => (share.hasGone(groupId) ? 'gone' : null);
    await this.#followed.part(fateOf, { hasProjectGone: true, projectOf: this.#projectOf }, signal);
    for (const groupId of gone) this.#parted.add(groupId);
  }

  #letGo(groupId: string, graceMs: number): void {
    const page = this.#pages.get(groupId);
    this.#pages.delete(groupId);
    this.#parted.delete(groupId);
    page?.life.abort(new Error('another replica lists its instances'));
    const listing = page?.listing.inHand ?? null;
    this.#held.letGo(groupId, { targets: this.#followed.letGo(groupId), listing, graceMs });
  }

  /** Neither its instances nor its jobs can be read. */
  #isInDoubt(groupId: string): boolean {
    const page = this.#pages.get(groupId);
    if (page === undefined) return false;
    const there = this.#followed.all().filter(({ target }) => target.groupId === groupId);
    return page.listing.fault !== null || there.some(({ reading }) => reading.last?.failure != null);
  }

  #placeOf(groupId: string): WatchPlace {
    return { groupId, projectName: this.projectNameOf(groupId), instanceName: null };
  }

  #open(groupId: string, { project, hold }: Pick<ProjectPage, 'project'> & { hold: Hold }): void {
    this.#pages.set(groupId, emptyPage(this.#deps.clock, this.#watch, { groupId, project }));
    this.#held.add(groupId, hold);
    this.#parted.delete(groupId);
  }

  /** A project that is said not to be there may have gone since the projects were listed: they are, at once. */
  async #listOrDoubt(page: ProjectPage, options: ReadOptions, advanced: () => void): Promise<void> {
    const askedMono = this.#deps.clock.monotonic();
    try {
      await this.#listInstances(page, options, advanced);
    } catch (thrown) {
      if (thrown instanceof SourceError && thrown.subject === 'project' && thrown.reason !== 'rate_limited') {
        this.#doubted.add(page.groupId);
        this.#projects?.listing.doubt({ askedMono, isNews: page.listing.fault === null });
      }
      throw thrown;
    }
  }

  async #listInstances(page: ProjectPage, options: ReadOptions, advanced: () => void): Promise<void> {
    const { source, store, clock } = this.#deps;
    const [groupId, key, begunAt] = [page.groupId, keyOfProject(this.#watch, page.groupId), clock.now()];
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
    await writersIn(this.#deps.writersFor, groupId).store.noteLook(key, lookedAt);
    page.lookedAt = lookedAt;
  }

  readonly #projectOf = (groupId: string): ListedProject | null => this.#pages.get(groupId)?.project ?? null;

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
