import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { spreadDelays } from './spread.ts';
import { startTicker, type Ticker } from './ticker.ts';

/** Of a schedule that is not ticking yet. */
const USUAL_GAP_MS = 60_000;

/** What goes by a schedule. */
export interface Ticked {
  tick(): void;
}

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
  readonly #spreadTimers = new Set<NodeJS.Timeout>();

  /** @param membersOf those that go by this expression at present. */
  constructor(deps: SchedulesDeps, membersOf: (expression: string) => readonly Member[]) {
    this.#deps = deps;
    this.#membersOf = membersOf;
  }

  /** Milliseconds from one tick of the expression to the next, as things stand. */
  gapMs(expression: string): number {
    return this.#tickers.get(expression)?.gapMs() ?? USUAL_GAP_MS;
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
      const onTick = (): void => this.tickApart(this.#membersOf(expression), expression);
      this.#tickers.set(expression, startTicker({ ...this.#deps, expression, onTick }));
    }
  }

  /** Ticks these, a little apart, so that they do not all ask in the same instant. */
  tickApart(members: readonly Member[], expression: string): void {
    spreadDelays(members.length, this.gapMs(expression)).forEach((delayMs, index) => {
      const timer = setTimeout(() => {
        this.#spreadTimers.delete(timer);
        members[index]?.tick();
      }, delayMs);
      this.#spreadTimers.add(timer);
    });
  }

  /** A sign of life from outside, about once a second: starts a schedule that fell silent anew. */
  beat(): void {
    for (const ticker of this.#tickers.values()) ticker.watch();
  }

  /** Ticks no more. */
  stop(): void {
    for (const ticker of this.#tickers.values()) ticker.stop();
    for (const timer of this.#spreadTimers) clearTimeout(timer);
  }
}
