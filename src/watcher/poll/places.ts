/** So many followed jobs of a list that was never read are asked for by id, before the list is. */
const FEW_IDS = 25;

/**
 * Remembers, from one cycle of a target to the next, where on its list each followed job stood: as its rank, which grows by one with
 * each job that is put on top.
 *
 * It decides only how a followed job is asked for, by page or by id, and never whether: a place that is wrong costs requests until the
 * job has been seen or its place is passed, and nothing else. So nothing but a new process makes it void.
 */
export class Places {
  /** Rank less the number of jobs that had come by then. */
  readonly #depths = new Map<string, number>();
  #arrivals = 0;
  #pageSize = 1;
  /** The list was read as far as there was something to look for, or cannot be. */
  #isExplored = false;

  /** Begins to follow one reading of the list. */
  walk(): ListWalk {
    return new ListWalk(this);
  }

  get isExplored(): boolean {
    return this.#isExplored;
  }

  /** On which page a job is by now, should `arrivals` more have come; `null`: no place is known. */
  pageOf(jobId: string, arrivals: number): number | null {
    const depth = this.#depths.get(jobId);
    return depth === undefined ? null : Math.floor((depth + this.#arrivals + arrivals) / this.#pageSize);
  }

  /** Forgets all places: the list breaks off further down. Until it is read whole again, jobs there are asked for by id. */
  refuse(): void {
    this.#depths.clear();
    this.#isExplored = true;
  }

  /** Takes over what one reading has found. `stillUnseen`: jobs whose remembered places hold on. */
  learn(found: {
    ranks: ReadonlyMap<string, number>;
    stillUnseen: readonly string[];
    arrivals: number;
    pageSize: number;
  }): void {
    const kept = found.stillUnseen.flatMap((id) => {
      const depth = this.#depths.get(id);
      return depth === undefined ? [] : [[id, depth] as const];
    });
    this.#depths.clear();
    this.#arrivals += found.arrivals;
    this.#pageSize = Math.max(this.#pageSize, found.pageSize);
    this.#isExplored = true;
    for (const [id, depth] of kept) this.#depths.set(id, depth);
    for (const [id, rank] of found.ranks) this.#depths.set(id, rank - this.#arrivals);
  }
}

/** One reading of a list, page by page, which says how far it is worth reading. */
export class ListWalk {
  readonly #places: Places;
  /** Followed jobs that were seen, by id. */
  readonly #ranks = new Map<string, number>();
  #pages = 0;
  #rank = 0;
  #arrivals = 0;
  #pageSize = 1;
  /** Pages are read up to this number without asking anew. */
  #until = 0;
  #stillUnseen: readonly string[] = [];

  constructor(places: Places) {
    this.#places = places;
  }

  /** Takes note of the next page: of the jobs on it that are followed, by their places on the page, and of those never seen before. */
  pass(page: { count: number; followed: ReadonlyMap<string, number>; arrivals: number }): void {
    for (const [id, offset] of page.followed) this.#ranks.set(id, this.#rank + offset);
    this.#rank += page.count;
    this.#arrivals += page.arrivals;
    this.#pageSize = Math.max(this.#pageSize, page.count);
    this.#pages += 1;
  }

  /**
   * Decides whether the followed jobs that were not seen yet take fewer requests when the list is read on. Where nothing is known of
   * the list, reading it once is how that gets known.
   */
  isWorthReadingOn(unseen: ReadonlyMap<string, unknown>): boolean {
    if (unseen.size === 0) return false;
    if (this.#pages < this.#until) return true;
    if (!this.#places.isExplored) {
      this.#until = unseen.size > FEW_IDS ? Number.POSITIVE_INFINITY : 0;
    } else {
      this.#until = this.#pages + cheapestReach([...unseen.keys()].flatMap((id) => this.#reachOf(id) ?? []));
    }
    return this.#pages < this.#until;
  }

  /** Takes note that the list is left. `unseen`: followed jobs that were not on it; `isWhole`: it was read to its end. */
  end(unseen: ReadonlyMap<string, unknown>, { isWhole }: { isWhole: boolean }): void {
    this.#stillUnseen = isWhole ? [] : [...unseen.keys()].filter((id) => this.#reachOf(id) !== null);
  }

  /** Keeps what was learned. Only after the commit: what was not written comes anew. */
  keep(): void {
    if (this.#pages === 0) return;
    this.#places.learn({
      ranks: this.#ranks,
      stillUnseen: this.#stillUnseen,
      arrivals: this.#arrivals,
      pageSize: this.#pageSize,
    });
  }

  /**
   * How many more pages must be read to see a job; `null`: it is not known to be further down. One that should have been on the last
   * page may have slipped to the next; one that should have been on an earlier page has left the list.
   */
  #reachOf(id: string): number | null {
    const page = this.#places.pageOf(id, this.#arrivals);
    if (page === null || page < this.#pages - 1) return null;
    return Math.max(page - this.#pages, 0) + 1;
  }
}

/** How many pages to read, so that these and the requests by id for what lies behind them are fewest. As many as ids: none. */
export function cheapestReach(reaches: readonly number[]): number {
  const inOrder = reaches.toSorted((a, b) => a - b);
  let best = { pages: 0, requests: inOrder.length };
  for (const [index, pages] of inOrder.entries()) {
    const requests = pages + inOrder.length - index - 1;
    if (requests < best.requests) best = { pages, requests };
  }
  return best.pages;
}
