import type { Clock } from '../../clock.ts';
import {
  type Booking,
  BUDGET_WINDOW_MS,
  type Grant,
  type SpentAgo,
} from '../../domain/polling/shared-budget.ts';
import type { BudgetShare } from './budget-share.ts';
import { createSlidingWindow } from './sliding-window.ts';
import { createWakeTimer } from './wake-timer.ts';

/** Of a ceiling, what a replica asks for ahead: that is what a killed one takes along for a minute. */
const ADVANCE_SHARE = 1 / 6;
/** What was spent is booked so often. */
const BOOK_EVERY_MS = 1_000;
/** Requests that begin together are asked for together. */
const GATHER_MS = 5;
/** A store that fails, or a budget that hangs on others, is asked again after so long. */
const AGAIN_MS = 1_000;
/** Where nothing is spent for so long, what was granted is given back. */
const IDLE_MS = BUDGET_WINDOW_MS;

/** What shared budgets are kept with. */
export interface SharedBudgetsDeps {
  /** Books with all who share; rejects when that cannot be told, and then nothing is granted. */
  book: (bookings: readonly Booking[]) => Promise<readonly Grant[]>;
  /** Grows whenever what was granted before may count for nothing any more; `null` while nothing may be spent at all. */
  era: () => number | null;
  clock: Clock;
}

/**
 * This process's shares of the budgets that replicas share. What may be spent was granted beforehand (`domain/polling/shared-budget.ts`), and
 * what was spent is booked once a second: so nobody waits for the store but at the first request, and when a burst outruns what was granted.
 */
export class SharedBudgets {
  readonly #deps: SharedBudgetsDeps;
  readonly #timer: ReturnType<typeof createWakeTimer>;
  readonly #shares = new Map<string, Share>();
  #inHand: Promise<void> | null = null;
  #isClosed = false;

  constructor(deps: SharedBudgetsDeps) {
    this.#deps = deps;
    this.#timer = createWakeTimer(deps.clock, () => void this.#book());
  }

  /** The share of a budget: the same for the same name. `perMinute`: its ceiling by now. */
  of(name: string, perMinute: number): BudgetShare {
    const known = this.#shares.get(name);
    const share = known ?? new Share(name, this.#deps, () => this.#plan());
    this.#shares.set(name, share);
    share.perMinute = perMinute;
    return share;
  }

  /** Books all that was spent and gives back what was not. Nothing may be spent any more. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.off();
    await this.#inHand;
    const bookings = [...this.#shares.values()].flatMap((share) => share.close());
    if (bookings.length > 0) await this.#deps.book(bookings).catch(() => undefined);
  }

  #plan(): void {
    if (this.#isClosed || this.#inHand !== null) return;
    const waits = [...this.#shares.values()].map((share) => share.untilDueMs());
    this.#timer.wakeIn(Math.min(Number.POSITIVE_INFINITY, ...waits));
  }

  async #book(): Promise<void> {
    if (this.#inHand !== null || this.#isClosed) return;
    this.#inHand = this.#bookDue().finally(() => {
      this.#inHand = null;
      this.#plan();
    });
    await this.#inHand;
  }

  async #bookDue(): Promise<void> {
    const due = [...this.#shares.values()].filter((share) => share.untilDueMs() <= 0);
    const era = this.#deps.era();
    const bookings = due.map((share) => share.begin());
    if (bookings.length === 0) return;
    const grants = await this.#deps.book(bookings).catch(() => []);
    const granted = new Map(grants.map((grant) => [grant.budget, grant]));
    for (const share of due) share.end(granted.get(share.name) ?? null, era);
  }
}

/** No era has this number. */
const NOTHING = { count: 0, era: -1 };

/** The share of one budget. Instants are the monotonic clock's. */
class Share implements BudgetShare {
  readonly name: string;
  perMinute = 1;
  readonly #deps: SharedBudgetsDeps;
  readonly #onDue: () => void;
  readonly #spent = createSlidingWindow();
  /** What was granted, and in which era. */
  #granted = NOTHING;
  /** Spent since the last booking that was answered began. */
  #unbooked = 0;
  /** Spent since the booking in hand began; `null`: none is. */
  #sinceBegin: number | null = null;
  #isReturning = false;
  /** By the booking in hand. */
  #wanted = 0;
  readonly #waiting = new Map<() => void, number>();
  /** When the first one was spent that is not booked. */
  #dirtySince = Number.POSITIVE_INFINITY;
  /** When it was last spent or granted. */
  #lastUsed = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #silentUntil = Number.NEGATIVE_INFINITY;
  #isSilenceNews = false;

  constructor(name: string, deps: SharedBudgetsDeps, onDue: () => void) {
    this.name = name;
    this.#deps = deps;
    this.#onDue = onDue;
  }

  left(): number {
    const isGood = this.#granted.era === this.#deps.era() && !this.#isReturning;
    return isGood ? Math.max(0, this.#granted.count - this.#unbooked) : 0;
  }

  ask(needed: number, onMore: () => void): void {
    const now = this.#deps.clock.monotonic();
    if (this.#waiting.size === 0) this.#askedAt = now;
    // What may be had at a later time was found out by those who wait already.
    if (needed > (this.#waiting.get(onMore) ?? 0)) this.#waiting.set(onMore, needed);
    this.#onDue();
  }

  spend(): void {
    const now = this.#deps.clock.monotonic();
    this.#spent.add(now);
    this.#lastUsed = now;
    this.#dirtySince = Math.min(this.#dirtySince, now);
    this.#unbooked += 1;
    if (this.#sinceBegin !== null) this.#sinceBegin += 1;
    this.#onDue();
  }

  silence(forMs: number): void {
    const until = this.#deps.clock.monotonic() + forMs;
    if (until <= this.#silentUntil) return;
    this.#silentUntil = until;
    this.#isSilenceNews = true;
    this.#onDue();
  }

  silentForMs(): number {
    return Math.max(0, this.#silentUntil - this.#deps.clock.monotonic());
  }

  /** How long until it is to be booked; without end while there is nothing to say. */
  untilDueMs(): number {
    const now = this.#deps.clock.monotonic();
    const dues: number[] = [];
    if (this.#waiting.size > 0) dues.push(this.#askedAt + GATHER_MS);
    if (this.#isSilenceNews) dues.push(now);
    dues.push(this.#dirtySince + BOOK_EVERY_MS);
    if (this.#granted.count > 0) dues.push(this.#lastUsed + IDLE_MS);
    return Math.max(Math.min(...dues), this.#notBefore) - now;
  }

  /** Says what was spent and what is wanted. What is spent from now on comes out of what was granted, or will be. */
  begin(): Booking {
    const now = this.#deps.clock.monotonic();
    const isIdle = this.#waiting.size === 0 && now - this.#lastUsed >= IDLE_MS;
    this.#isReturning = isIdle;
    this.#sinceBegin = 0;
    this.#dirtySince = Number.POSITIVE_INFINITY;
    this.#isSilenceNews = false;
    const ahead = Math.ceil(this.perMinute * ADVANCE_SHARE);
    this.#wanted = isIdle ? 0 : Math.max(ahead, this.left(), ...this.#waiting.values());
    return this.#booking(this.#wanted);
  }

  /** Goes by what came of it; `null`: nobody knows. */
  end(grant: Grant | null, era: number | null): void {
    const now = this.#deps.clock.monotonic();
    const since = this.#sinceBegin ?? 0;
    const wasReturning = this.#isReturning;
    this.#sinceBegin = null;
    this.#isReturning = false;
    if (grant === null) {
      // It may have been booked all the same: then nothing is left of what was given back.
      if (wasReturning) this.#granted = NOTHING;
      if (this.#unbooked > 0) this.#dirtySince = Math.min(this.#dirtySince, now);
      this.#isSilenceNews = this.silentForMs() > 0;
      this.#notBefore = now + AGAIN_MS;
      return;
    }
    this.#granted = { count: grant.granted, era: era ?? NOTHING.era };
    this.#unbooked = since;
    if (grant.granted > 0) this.#lastUsed = now;
    this.#silentUntil = Math.max(this.#silentUntil, grant.silentForMs > 0 ? now + grant.silentForMs : 0);
    const isShort = grant.granted < this.#wanted;
    this.#notBefore = isShort ? now + Math.min(AGAIN_MS, grant.moreInMs ?? AGAIN_MS) : now;
    this.#answer();
  }

  close(): Booking[] {
    this.#granted = NOTHING;
    return this.#spent.count() > 0 || this.#unbooked > 0 ? [this.#booking(0)] : [];
  }

  #answer(): void {
    for (const [onMore, needed] of [...this.#waiting]) {
      if (this.left() < needed && this.silentForMs() === 0) continue;
      this.#waiting.delete(onMore);
      onMore();
    }
  }

  #booking(wanted: number): Booking {
    const { name: budget, perMinute } = this;
    const spent = this.#spentAgo();
    return { budget, perMinute, spent, wanted, silentForMs: Math.round(this.silentForMs()) };
  }

  /** By the second, each reckoned as the youngest in it: what is sent is on its way for a moment, too. */
  #spentAgo(): SpentAgo[] {
    const now = this.#deps.clock.monotonic();
    this.#spent.forgetBefore(now - BUDGET_WINDOW_MS);
    const counts = new Map<number, number>();
    for (let index = 0; index < this.#spent.count(); index += 1) {
      const agoMs = Math.floor((now - this.#spent.at(index)) / 1_000) * 1_000;
      counts.set(agoMs, (counts.get(agoMs) ?? 0) + 1);
    }
    return [...counts].map(([agoMs, count]) => ({ agoMs, count }));
  }
}
