import { isDeepStrictEqual } from 'node:util';
import { isOfAllProjects, type Watch } from '../../domain/job/watch.ts';
import { changeByListing } from '../../domain/replicas/found.ts';
import { discoveryUnit, projectUnit } from '../../domain/replicas/unit.ts';
import { StoreError, toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { ListedProject } from '../../source/source.ts';
import type { SharedMembership } from '../../store/ports/leases.ts';
import type { FoundProject, ShareFacts, ShareStanding } from '../../store/ports/replicas/estates.ts';
import type { Hold, Leases } from '../leases/leases.ts';
import type { WatchShare } from './watch-share.ts';

/** What the estate works with. */
export interface SharedEstateDeps {
  membership: Pick<SharedMembership, 'replica' | 'estates' | 'foundProjects' | 'noteProjects' | 'noteShare'>;
  leases: Pick<Leases, 'holdOf'>;
  faultLog: FaultLog;
}

/** What one watch has found, as of the last look. */
interface Estate {
  connection: string;
  revision: number;
  projects: ReadonlyMap<string, FoundProject>;
}

/**
 * What the watches of all projects have found, and how the replicas get on with it: as the store has it, looked at about once a second. It
 * keeps no timer.
 */
export class SharedEstate {
  readonly #deps: SharedEstateDeps;
  #watches: readonly Watch[] = [];
  readonly #estates = new Map<string, Estate>();
  #shares: readonly ShareFacts[] = [];
  /** How this replica gets on, as it is to stand in the store. */
  readonly #own = new Map<string, ShareStanding | null>();
  #inHand: Promise<void> | null = null;
  #onChange: () => void = () => {};

  constructor(deps: SharedEstateDeps) {
    this.#deps = deps;
  }

  /** `onChange` is called when other projects are found than before. */
  follow(onChange: () => void): void {
    this.#onChange = onChange;
  }

  /** Knows of the watches of all projects among these from now on. */
  apply(watches: readonly Watch[]): void {
    this.#watches = watches.filter(isOfAllProjects);
    const names = new Set(this.#watches.map(({ name }) => name));
    for (const name of this.#own.keys()) if (!names.has(name)) this.#own.set(name, null);
    void this.look();
  }

  /** A unit for each project that was found, and for each list of projects. */
  units(): string[] {
    return this.#watches.flatMap((watch) => {
      const projects = this.#estateOf(watch)?.projects.keys().toArray() ?? [];
      return [
        discoveryUnit(watch.name),
        ...projects.map((groupId) => projectUnit({ connection: watch.connection, groupId })),
      ];
    });
  }

  /** Looks how all stands in the store. One look at a time; never rejects. */
  look(): Promise<void> {
    this.#inHand ??= this.#look().finally(() => {
      this.#inHand = null;
    });
    return this.#inHand;
  }

  /** What of this watch is this replica's; always as of now. */
  shareOf(watch: Watch): WatchShare {
    const { leases, membership } = this.#deps;
    const { name, connection } = watch;
    const holdOf = (groupId: string): Hold | null => leases.holdOf(projectUnit({ connection, groupId }));
    const projects = () => this.#estateOf(watch)?.projects ?? null;
    return {
      isWhole: false,
      discovery: () => leases.holdOf(discoveryUnit(name)),
      holdOf,
      projects,
      hasGone: (groupId) => projects()?.get(groupId)?.isGone === true && holdOf(groupId) !== null,
      take: (listed, open) => this.#take(watch, listed, open),
      others: () =>
        this.#shares.filter((share) => share.watch === name && share.replica !== membership.replica),
      note: (share) => this.#note(name, share),
    };
  }

  #estateOf({ name, connection }: Watch): Estate | null {
    const estate = this.#estates.get(name);
    return estate?.connection === connection ? estate : null;
  }

  async #look(): Promise<void> {
    if (this.#watches.length === 0 && this.#own.size === 0) return;
    const { membership, faultLog } = this.#deps;
    try {
      const { revisions, shares } = await membership.estates();
      let isChanged = false;
      for (const watch of this.#watches) {
        const now = revisions.get(watch.name);
        if (now === undefined || now.connection !== watch.connection) continue;
        if (now.revision === this.#estateOf(watch)?.revision) continue;
        await this.#read(watch, now.revision);
        isChanged = true;
      }
      this.#shares = shares;
      await this.#keepOwn();
      faultLog.clear('estate', 'What watches of all projects have found can be read again');
      if (isChanged) this.#onChange();
    } catch (thrown) {
      const err = toError(thrown);
      faultLog.report('estate', `What watches of all projects have found cannot be read: ${err.message}`, {
        err,
      });
    }
  }

  /** What is read may be newer than the revision, and is read again then. */
  async #read({ name, connection }: Watch, revision: number): Promise<void> {
    const found = await this.#deps.membership.foundProjects({ watch: name, connection });
    const projects = new Map(found.map((project) => [project.groupId, project]));
    this.#estates.set(name, { connection, revision, projects });
  }

  async #take(watch: Watch, listed: readonly ListedProject[], open: ReadonlySet<string>): Promise<void> {
    const { membership, leases } = this.#deps;
    const { name, connection } = watch;
    const hold = leases.holdOf(discoveryUnit(name));
    if (hold === null || hold.lease === null) {
      throw new StoreError('fenced', `the list of the projects of ${name} is another replica's`);
    }
    // Whoever has just taken it over may not have looked yet.
    if (this.#estateOf(watch) === null) await this.look();
    const change = changeByListing(this.#estateOf(watch)?.projects ?? new Map(), listed, open);
    await membership.noteProjects(hold.lease, { watch: name, connection }, change);
    await this.#inHand;
    await this.look();
  }

  #note(watch: string, share: ShareStanding | null): void {
    if (this.#own.has(watch) && isDeepStrictEqual(this.#own.get(watch), share)) return;
    this.#own.set(watch, share);
    void this.look();
  }

  /** Brings what stands in the store of this replica's shares in line. */
  async #keepOwn(): Promise<void> {
    const { membership } = this.#deps;
    for (const [watch, share] of this.#own) {
      const kept = this.#shares.find((one) => one.watch === watch && one.replica === membership.replica);
      const standing = kept && { fault: kept.fault, doubted: kept.doubted };
      if (!isDeepStrictEqual(standing ?? null, share)) await membership.noteShare(watch, share);
      if (share === null) this.#own.delete(watch);
    }
  }
}
