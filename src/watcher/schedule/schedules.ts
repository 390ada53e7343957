import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import { Release, type Ticked } from './release.ts';
import { firstStepOf, stepOf } from './spread.ts';
import { startTicker, type Ticker } from './ticker.ts';

/** Of a schedule that is not ticking yet. */
const USUAL_GAP_MS = 60_000;

/** What schedules work with. */
export interface SchedulesDeps {
  clock: Clock;
  logger: Logger;
}

/** The cron expressions that somebody goes by, ticking: one ticker for each, however many go by it. */
export class Schedules<Member extends Ticked> {
  readonly #deps: SchedulesDeps;
  readonly #membersOf: (expression: string) => readonly Member[];
  readonly #tickers = new Map<string, Ticker>();
  readonly #release: Release<Ticked>;

  /** @param membersOf those that go by this expression at present. */
  constructor(deps: SchedulesDeps, membersOf: (expression: string) => readonly Member[]) {
    this.#deps = deps;
    this.#membersOf = membersOf;
    this.#release = new Release(deps.clock);
  }

  /** Milliseconds from one tick of the expression to the next, as things stand. */
  gapMs(expression: string): number {
    return this.#tickers.get(expression)?.gapMs() ?? USUAL_GAP_MS;
  }

  /** When the expression ticks next; `null`: it is not ticking. */
  nextAt(expression: string): Timestamp | null {
    return this.#tickers.get(expression)?.nextAt() ?? null;
  }

  /** Has these expressions tick, and no others. One that ticks already goes on. */
  apply(expressions: Iterable<string>): void {
    const wanted = new Set(expressions);
    for (const [expression, ticker] of this.#tickers) {
      if (wanted.has(expression)) continue;
      ticker.stop();
      this.#tickers.delete(expression);
    }
    for (const expression of wanted) {
      if (this.#tickers.has(expression)) continue;
      const onTick = (): void => this.#tickAll(expression);
      this.#tickers.set(expression, startTicker({ ...this.#deps, expression, onTick }));
    }
  }

  /** Ticks those that have just begun to go by the expression, a little apart, so that they do not all ask in the same instant. */
  begin(members: readonly Member[], expression: string): void {
    this.#release.add(members, firstStepOf(members.length, this.gapMs(expression)));
  }

  /** Ticks one out of turn, as soon as there is room. */
  tickSoon(member: Ticked): void {
    this.#release.add([member], 0);
  }

  /** A sign of life from outside, about once a second: starts a schedule that fell silent anew. */
  beat(): void {
    for (const ticker of this.#tickers.values()) ticker.watch();
  }

  /** Ticks no more. */
  stop(): void {
    for (const ticker of this.#tickers.values()) ticker.stop();
    this.#release.stop();
  }

  #tickAll(expression: string): void {
    const members = this.#membersOf(expression);
    this.#release.add(members, stepOf(members.length, this.gapMs(expression)));
  }
}
