import type { FoundProject } from '../../../store/ports/replicas/estates.ts';
import type { Hold } from '../../leases/leases.ts';
import type { WatchShare } from '../../share/watch-share.ts';
import type { TrackedTarget } from './tracked.ts';
import type { Turns } from './turns.ts';

/** The projects of which anything stands in the book of a `*` watch, with the right to each, and how they are let go of. */
export class HeldProjects {
  readonly #share: WatchShare;
  readonly #turns: Pick<Turns, 'letGo' | 'cutShort'>;
  readonly #holds = new Map<string, Hold>();
  /** Those that were let go of, and of which something is in hand still. */
  readonly #ending = new Map<string, { targets: readonly TrackedTarget[]; end: Promise<void> }>();

  constructor(share: WatchShare, turns: Pick<Turns, 'letGo' | 'cutShort'>) {
    this.#share = share;
    this.#turns = turns;
  }

  get isAny(): boolean {
    return this.#holds.size > 0;
  }

  /** Something of the project stands in the book from now on. */
  add(groupId: string, hold: Hold): void {
    this.#holds.set(groupId, hold);
  }

  /** What was found and may be read here, with the right to it; nothing of which something of before is in hand. */
  here(): Array<{ found: FoundProject; hold: Hold }> {
    return [...(this.#share.projects()?.values() ?? [])].flatMap((found) => {
      const hold = this.#share.holdOf(found.groupId);
      return hold === null || this.#ending.has(found.groupId) ? [] : [{ found, hold }];
    });
  }

  /** Of what may be read here some does not stand in the book yet. */
  hasNewcomers(): boolean {
    return !this.#share.isWhole && this.here().some(({ found }) => !this.#holds.has(found.groupId));
  }

  /** Whether it is to be said here, and known, that something of this project has left. */
  isOursToTell(groupId: string): boolean {
    const found = this.#share.projects();
    if (found === null) return false;
    const hold = found.has(groupId) ? this.#share.holdOf(groupId) : this.#share.discovery();
    return hold !== null;
  }

  /** The projects that are not ours any more. */
  lost(): string[] {
    return [...this.#holds].flatMap(([id, hold]) => (this.#share.holdOf(id) === hold ? [] : [id]));
  }

  /** Nothing of the project stands in the book any more. What is in hand of its targets is left to end for `graceMs`. */
  letGo(
    groupId: string,
    {
      targets,
      listing,
      graceMs,
    }: { targets: readonly TrackedTarget[]; listing: Promise<void> | null; graceMs: number },
  ): void {
    this.#holds.delete(groupId);
    const end = Promise.all([this.#turns.letGo(targets, graceMs), listing]).then(() => {
      this.#ending.delete(groupId);
    });
    this.#ending.set(groupId, { targets, end });
  }

  /** What is in hand of those that were let go of is cut short. */
  cutShort(): void {
    for (const { targets } of this.#ending.values()) this.#turns.cutShort(targets);
  }

  /** Resolves when nothing of the project is in hand that was let go of; without one, of all of them. */
  async ended(groupId?: string): Promise<void> {
    if (groupId !== undefined) await this.#ending.get(groupId)?.end;
    else await Promise.all([...this.#ending.values()].map(({ end }) => end));
  }
}
