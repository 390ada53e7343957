import type { JobPage, JobReading } from '../../source/source.ts';
import type { PageNote, PollInput } from './input.ts';

/**
 * Remembers, from one cycle of a target to the next, the pages whose jobs had all ended for good. Such a page needs no look as long
 * as it comes back unchanged.
 */
export class PageMemory {
  readonly #pages: PollInput['pages'];
  /** Pages to be remembered when this cycle is committed. */
  readonly #notes: Array<readonly [index: number, note: PageNote]> = [];

  constructor({ pages }: Pick<PollInput, 'pages'>) {
    this.#pages = pages;
  }

  /** Returns what is remembered of a page that is just as it was when all its jobs had ended for good; `null`: look at it. */
  recall(page: JobPage, index: number): PageNote | null {
    const before = this.#pages.get(index);
    if (before?.fingerprint !== page.fingerprint) return null;
    this.#notes.push([index, before]);
    return before;
  }

  /** Notes a page whose jobs have all ended for good. */
  note(page: JobPage, index: number, { isNewestFirst }: Pick<PageNote, 'isNewestFirst'>): void {
    this.#notes.push([index, { fingerprint: page.fingerprint, isNewestFirst }]);
  }

  /** Keeps the notes of this cycle. Only after its commit: what was not written must be looked at again. */
  keep(): void {
    this.#pages.clear();
    for (const [index, note] of this.#notes) this.#pages.set(index, note);
  }
}

/** True for a page whose jobs come newest first, by their creation times: no order is documented. Jobs of one and the same time tell nothing. */
export function isNewestFirst(page: readonly JobReading[]): boolean {
  const times = page.flatMap((reading) => (reading.kind === 'job' ? [reading.job.createdAt] : []));
  const [first = 0] = times;
  return first > (times.at(-1) ?? 0) && times.every((time, index) => time <= (times[index - 1] ?? time));
}
