import type { Clock } from '../../clock.ts';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import type { CoverageStore } from '../../store/ports/evidence/coverage.ts';
import {
  type KeepingStore,
  PRUNED_THINGS,
  type PruneCounts,
  type PrunePlace,
} from '../../store/ports/keeping.ts';

/** Rows that a step looks at, at first and at least; and at most. */
const FEWEST_ROWS = 10;
const MOST_ROWS = 200;
/** A step that takes longer is too long; one that takes half of that may be of more rows. In milliseconds. */
const LONG_STEP_MS = 20;

/** Rows of coverage that a step takes away. */
const COVERAGE_ROWS = 100;

/** What a walk works with. */
export interface PruneWalkDeps {
  store: Pick<KeepingStore, 'prune'> & Pick<CoverageStore, 'pruneCoverage'>;
  clock: Clock;
}

/** One walk through all that is old, from the oldest on, in steps. */
export class PruneWalk {
  readonly #deps: PruneWalkDeps;
  readonly #overBefore: Timestamp;
  #things = [...PRUNED_THINGS];
  #from: PrunePlace | null = null;
  /** Spans of coverage go last, and no audit entry counts them. */
  #isCoverageDone = false;
  #rows: number;
  readonly #pruned: Record<keyof PruneCounts, number> = { jobs: 0, events: 0, deliveries: 0, mutes: 0 };

  /** @param rows how many rows the first step looks at. */
  constructor(deps: PruneWalkDeps, overBefore: Timestamp, rows = FEWEST_ROWS) {
    this.#deps = deps;
    this.#overBefore = overBefore;
    this.#rows = rows;
  }

  /** All of it was gone through. */
  get hasEnded(): boolean {
    return this.#things.length === 0 && this.#isCoverageDone;
  }

  /**
   * Takes one step.
   * @throws {StoreError} and then it may be taken again.
   */
  async step(): Promise<void> {
    const { store, clock } = this.#deps;
    const [thing] = this.#things;
    if (thing === undefined) return this.#pruneCoverage();
    const begunMono = clock.monotonic();
    const { pruned, next, isEnd } = await store.prune({
      thing,
      overBefore: this.#overBefore,
      from: this.#from,
      limit: this.#rows,
    });
    this.#pace(clock.monotonic() - begunMono);
    this.#from = isEnd ? null : next;
    if (isEnd) this.#things = this.#things.slice(1);
    for (const what of ['jobs', 'events', 'deliveries', 'mutes'] as const) this.#pruned[what] += pruned[what];
    if (this.#things.length === 0) await this.#pruneCoverage();
  }

  async #pruneCoverage(): Promise<void> {
    const pruned = await this.#deps.store.pruneCoverage(this.#overBefore, COVERAGE_ROWS);
    this.#isCoverageDone = pruned < COVERAGE_ROWS;
  }

  /** Says what the walk came to, where it came to anything. */
  tell(logger: Logger): void {
    if (Object.values(this.#pruned).every((count) => count === 0)) return;
    logger.info('Pruned what was over long ago', { ...this.#pruned, overBefore: toIso(this.#overBefore) });
  }

  #pace(tookMs: number): void {
    if (tookMs > LONG_STEP_MS) this.#rows = Math.max(FEWEST_ROWS, Math.floor(this.#rows / 2));
    else if (tookMs < LONG_STEP_MS / 2) this.#rows = Math.min(MOST_ROWS, this.#rows * 2);
  }
}
