import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { JobReading } from '../../source/source.ts';
import type { Comparer } from './compare.ts';
import type { AnswerNote, AnswerNotes, PageNote, ReadTimes } from './input.ts';

/**
 * Remembers, from one cycle of a target to the next, the answers in which nothing had changed. One that comes back byte for byte needs
 * no look: what comes of a look follows from the bytes, from what is recorded of the jobs, and from the time.
 *
 * - Recorded is what this target's cycles have found, and nobody else writes it. So a note holds on, also of a page that is not read for
 *   a while, until a cycle changes one of its jobs: in that very cycle already, since a job may stand on two pages. After a cycle that
 *   failed, and before the first whole look, all is looked at.
 * - The time matters where a link runs out, which some kinds of jobs are told by the clock alone: then it is looked at again. What time
 *   tells of a job besides (`stalled`, `expiring`) comes of its observation, with or without a look. After a step back of the clock all
 *   is looked at.
 */
export class AnswerMemory {
  readonly #notes: AnswerNotes;
  readonly #comparer: Comparer;
  readonly #timesNow: () => ReadTimes;
  readonly #pagesBefore: ReadonlyMap<number, PageNote>;
  readonly #jobsBefore: ReadonlyMap<string, AnswerNote>;
  /** To be kept when this cycle is committed. */
  readonly #pages = new Map<number, PageNote>();
  readonly #jobs = new Map<string, AnswerNote>();
  /** Places of pages that were read in this cycle. */
  readonly #read = new Set<number>();
  /** Fingerprints of answers of this cycle that are looked at. */
  readonly #seenPages = new Map<number, string>();
  readonly #seenJobs = new Map<string, string>();

  /** Takes the notes of the last cycle: should this one go wrong, there are none. */
  constructor(notes: AnswerNotes, comparer: Comparer, timesNow: () => ReadTimes) {
    this.#notes = notes;
    this.#comparer = comparer;
    this.#timesNow = timesNow;
    this.#pagesBefore = new Map(notes.pages);
    this.#jobsBefore = new Map(notes.jobs);
    notes.pages.clear();
    notes.jobs.clear();
  }

  /** Returns what is known of a page that needs no look; `null`: look at it. */
  recallPage(index: number, fingerprint: string): PageNote | null {
    const times = this.#timesNow();
    const note = this.#pagesBefore.get(index);
    this.#read.add(index);
    const isAsItWas =
      note !== undefined &&
      !this.#comparer.isFirstLook &&
      !this.#comparer.hasRevived &&
      isOf(note, fingerprint, times) &&
      [...note.followed.keys()].every((id) => isStill(this.#comparer.recordedOf(id), times.surelyAt));
    if (isAsItWas) {
      this.#pages.set(index, { ...note, times });
      return note;
    }
    this.#pages.delete(index);
    this.#seenPages.set(index, fingerprint);
    return null;
  }

  /** Returns the note of a page of this cycle that needs no look. */
  pageNote(index: number): PageNote | null {
    return this.#pages.get(index) ?? null;
  }

  /** Notes a page of which a look has found nothing. */
  notePage(index: number, page: Omit<PageNote, 'fingerprint' | 'times'>): void {
    const fingerprint = this.#seenPages.get(index);
    if (fingerprint !== undefined) this.#pages.set(index, { ...page, fingerprint, times: this.#timesNow() });
  }

  /** True for an answer about a job that needs no look. `known`: what is recorded of it. */
  recallJob(known: Observation | undefined, jobId: string, fingerprint: string): boolean {
    const times = this.#timesNow();
    const note = this.#jobsBefore.get(jobId);
    if (note !== undefined && isOf(note, fingerprint, times) && isStill(known, times.surelyAt)) {
      this.#jobs.set(jobId, { fingerprint, times });
      return true;
    }
    this.#jobs.delete(jobId);
    this.#seenJobs.set(jobId, fingerprint);
    return false;
  }

  /** Notes an answer about a job of which a look has found nothing. */
  noteJob(jobId: string): void {
    const fingerprint = this.#seenJobs.get(jobId);
    if (fingerprint !== undefined) this.#jobs.set(jobId, { fingerprint, times: this.#timesNow() });
  }

  /** Keeps the notes of this cycle. Only after its commit: what was not written must be looked at again. */
  keep(): void {
    const { overtaken } = this.#comparer;
    // It may stand on any page: nothing is kept of jobs that are not followed.
    if (!this.#comparer.hasRevived) {
      const unread = [...this.#pagesBefore].filter(([index]) => !this.#read.has(index));
      for (const [index, note] of [...unread, ...this.#pages]) {
        if (overtaken.size === 0 || ![...note.followed.keys()].some((id) => overtaken.has(id))) {
          this.#notes.pages.set(index, note);
        }
      }
    }
    for (const [jobId, note] of this.#jobs) if (!overtaken.has(jobId)) this.#notes.jobs.set(jobId, note);
  }
}

function isOf(note: AnswerNote, fingerprint: string, { at, surelyAt }: ReadTimes): boolean {
  return note.fingerprint === fingerprint && at >= note.times.at && surelyAt >= note.times.surelyAt;
}

/** Still followed and as it was, and not due to be read otherwise by the clock alone. */
function isStill(observation: Observation | undefined, surelyAt: Timestamp): boolean {
  if (observation?.job == null) return false;
  const { state, job } = observation;
  return state !== 'ready' || job.expiresAt === null || job.expiresAt > surelyAt;
}

/** True for a page whose jobs come newest first, by their creation times: no order is documented. Jobs of one and the same time tell nothing. */
export function isNewestFirst(page: readonly JobReading[]): boolean {
  const times = page.flatMap((reading) => (reading.kind === 'job' ? [reading.job.createdAt] : []));
  const [first = 0] = times;
  return first > (times.at(-1) ?? 0) && times.every((time, index) => time <= (times[index - 1] ?? time));
}
