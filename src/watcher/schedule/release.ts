import type { Clock } from '../../clock.ts';

/** So many are at work at once. More would wait for one another all the same, with a request open whose time runs. */
const AT_ONCE = 64;
/** Nobody waits longer for one of which nothing comes: it goes on, and no longer counts. */
const COUNTS_FOR_MS = 2_000;

/** What can be told that its time has come. */
export interface Ticked {
  /** @returns the work that this has begun; `null`: none. Never rejects. */
  tick(): Promise<unknown> | null;
}

/** Members that fall due one after the other. */
interface Line<Member> {
  members: readonly Member[];
  /** Of the next one. */
  index: number;
  /** Monotonic: when the first is due. */
  from: number;
  stepMs: number;
}

/**
 * Ticks many a little apart, in their order, with one timer for all of them and no more than 64 at work at once. So what a machine or
 * a network cannot do in time waits here, where it costs nothing, and a thousand that are due leave the rest of the process its turns.
 */
export class Release<Member extends Ticked> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lines: Array<Line<Member>> = [];
  readonly #waiting = new Set<Member>();
  /** Oldest first. */
  readonly #atWork = new Set<{ begunMono: number }>();
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Ticks these `stepMs` apart, the first at once. One that still waits from before keeps its place there. */
  add(members: readonly Member[], stepMs: number): void {
    const fresh = members.filter((member) => !this.#waiting.has(member));
    if (fresh.length === 0) return;
    for (const member of fresh) this.#waiting.add(member);
    this.#lines.push({ members: fresh, index: 0, from: this.#clock.monotonic(), stepMs });
    this.#plan();
  }

  /** Ticks nobody any more. */
  stop(): void {
    this.#lines = [];
    this.#waiting.clear();
    this.#plan();
  }

  /** @param untilMono everybody who is due by then is ticked, as long as there is room; the lines take turns. */
  #go(untilMono: number): void {
    for (let hasGone = true; hasGone; ) {
      hasGone = false;
      for (const line of this.#lines) {
        const member = dueOf(line) <= untilMono && this.#hasRoom() ? line.members[line.index] : undefined;
        if (member === undefined) continue;
        line.index += 1;
        hasGone = true;
        this.#waiting.delete(member);
        this.#begin(member);
      }
      this.#lines = this.#lines.filter(({ index, members }) => index < members.length);
    }
    this.#plan();
  }

  #begin(member: Member): void {
    const work = member.tick();
    if (work === null) return;
    const entry = { begunMono: this.#clock.monotonic() };
    this.#atWork.add(entry);
    void work.finally(() => {
      const wasFull = !this.#hasRoom();
      this.#atWork.delete(entry);
      if (wasFull) this.#plan();
    });
  }

  #hasRoom(): boolean {
    const since = this.#clock.monotonic() - COUNTS_FOR_MS;
    for (const entry of this.#atWork) {
      if (entry.begunMono > since) break;
      this.#atWork.delete(entry);
    }
    return this.#atWork.size < AT_ONCE;
  }

  #plan(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lines.length === 0) return;
    const dueMono = Math.min(...this.#lines.map(dueOf));
    const [oldest] = this.#atWork;
    const roomMono = this.#hasRoom() || oldest === undefined ? dueMono : oldest.begunMono + COUNTS_FOR_MS;
    const atMono = Math.max(dueMono, roomMono);
    // A timer may come a little early.
    const go = (): void => this.#go(Math.max(atMono, this.#clock.monotonic()));
    this.#timer = setTimeout(go, Math.max(0, atMono - this.#clock.monotonic()));
  }
}

function dueOf<Member>({ from, index, stepMs }: Line<Member>): number {
  return from + index * stepMs;
}
