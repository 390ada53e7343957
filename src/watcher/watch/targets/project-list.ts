import type { Timestamp } from '../../../domain/instant.ts';
import { targetKey, type Watch } from '../../../domain/job/watch.ts';
import type { ListedProject, ReadOptions } from '../../../source/source.ts';
import type { Hold } from '../../leases/leases.ts';
import { Listing } from './listing.ts';
import { keyOfProject, openProjects } from './looks.ts';
import type { TargetBookDeps } from './target-book.ts';

/** How the list of projects is asked for. */
export interface ProjectListing {
  options: ReadOptions;
  advanced: () => void;
  /** Called when what was found is known; what it does belongs to the listing. */
  onFound: (signal: AbortSignal) => Promise<void>;
  onBroken: (error: Error) => void;
}

/** The list of the projects of a `*` watch, for as long as it is this process's to ask for. */
export class ProjectList {
  readonly listing: Listing;
  readonly #deps: TargetBookDeps;
  readonly #watch: Watch;
  #hold: Hold | null = null;
  #life = new AbortController();
  /** When the projects were listed last; `undefined`: the store was not asked yet. */
  #lookedAt: Timestamp | null | undefined = undefined;
  /** Projects that other replicas doubt, as of the last look at that. */
  #doubted: ReadonlySet<string> = new Set();

  constructor(deps: TargetBookDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.listing = new Listing(deps.clock, watch.discoverEveryMs);
  }

  /** It is this process's to ask for. */
  get isOurs(): boolean {
    return this.#deps.share.discovery() !== null;
  }

  /** The projects are known, by whoever has listed them. */
  get isKnown(): boolean {
    return this.#deps.share.projects() !== null;
  }

  /** Asks for the list, if it is ours and due. */
  begin({ options, advanced, onFound, onBroken }: ProjectListing): void {
    const hold = this.#deps.share.discovery();
    if (hold === null) return;
    if (hold !== this.#hold) this.#begin(hold);
    this.#hearDoubts();
    if (!this.listing.isDue) return;
    const signal = AbortSignal.any([options.signal, this.#life.signal]);
    const ask = async (): Promise<void> => {
      const lookedAt = await this.#list({ ...options, signal }, advanced);
      await onFound(signal);
      await this.#deps.writersFor(null)?.store.noteLook(this.#ownKey, lookedAt);
      this.#lookedAt = lookedAt;
    };
    this.listing.begin(ask, signal, onBroken);
  }

  /** Cuts short what is in hand where the list is ours no more. */
  follow(): void {
    if (this.#hold === null || this.#deps.share.discovery() === this.#hold) return;
    this.#hold = null;
    this.#life.abort(new Error('another replica lists the projects'));
  }

  #begin(hold: Hold): void {
    this.#hold = hold;
    this.#life = new AbortController();
    this.#lookedAt = undefined;
    this.#doubted = new Set();
  }

  /** A project that others cannot read may have gone: a doubt that was not there before is news. */
  #hearDoubts(): void {
    const others = this.#deps.share.others();
    if (others.length === 0) return;
    const doubted = new Set(others.flatMap((share) => share.doubted));
    const askedMono = this.#deps.clock.monotonic();
    const isNews = [...doubted].some((groupId) => !this.#doubted.has(groupId));
    if (doubted.size > 0) this.listing.doubt({ askedMono, isNews });
    this.#doubted = doubted;
  }

  async #list(options: ReadOptions, advanced: () => void): Promise<Timestamp> {
    const { source, store, clock, share } = this.#deps;
    const begunAt = clock.now();
    const listed = await source.listProjects(this.#watch, options);
    advanced();
    const lookedAt = begunAt + source.surelyAheadMs();
    this.#lookedAt ??= await store.lastLookAt(this.#ownKey);
    await this.#noteNewcomers(listed);
    const open = share.isWhole ? new Set<string>() : await openProjects(store, this.#watch, lookedAt);
    options.signal.throwIfAborted();
    await share.take(listed, open);
    return lookedAt;
  }

  /** What began in a project since the last look at all projects is news there; that is kept for as long as it was not listed. */
  async #noteNewcomers(listed: readonly ListedProject[]): Promise<void> {
    const { share, store, writersFor } = this.#deps;
    const since = this.#lookedAt ?? null;
    if (since === null) return;
    const known = share.projects();
    const keys = listed.flatMap(({ groupId }) =>
      known?.has(groupId) ? [] : [keyOfProject(this.#watch, groupId)],
    );
    if (keys.length === 0) return;
    const looks = await store.lastLooksAt(keys);
    const fresh = keys.filter((key) => !looks.has(key));
    if (fresh.length > 0) await writersFor(null)?.store.noteLooks(fresh, since);
  }

  get #ownKey(): string {
    return targetKey({ ...this.#watch, watch: this.#watch.name });
  }
}
