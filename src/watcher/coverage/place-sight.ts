import type { GapCause } from '../../domain/coverage/causes.ts';
import type { CoverageSpan, CoveredPlace } from '../../domain/coverage/span.ts';
import type { Timestamp } from '../../domain/instant.ts';

/** What the sight of a place goes by. All that ends in `Mono` is by the clock that cannot step. */
export interface SightRules {
  /** Two good looks that lie farther apart leave a gap, in milliseconds. */
  dueMs: number;
  /** See `CoverageSpan.slackMs`. */
  slackMs: number;
  /** The wall time of an instant. */
  toAt: (mono: number) => Timestamp;
  /** Counts the spans of this process. */
  nextNumber: () => number;
  /** Is given every span that is new or has changed. */
  note: (span: CoverageSpan) => void;
}

/** When a place was given up, and when that is noticed; monotonic. */
export interface Ending {
  sinceMono: number;
  nowMono: number;
}

/** Since when the place may not have been watched, and why. */
interface Break {
  mono: number;
  cause: GapCause;
}

/**
 * Whether one place is watched, and since when it was not. `open`: it is, for as long as nothing is overdue. `doubt`: a look has failed, or
 * the process stood still, and the next good look may still come in time: its span ends for now, and goes on then. `blind`: it is not watched.
 *
 *     (nothing) ──good look──► open ──a look fails, a standstill──► doubt ──good look in time──► open
 *         │                     │ └────────overdue────────┐           └──overdue──► blind ──good look──► open, a new span
 *         └──a look fails───────┴─────────────────────────┴─────────────────────────►┘
 */
export class PlaceSight {
  readonly place: CoveredPlace;
  #span: CoverageSpan | null = null;
  #state: 'open' | 'doubt' | 'blind' = 'blind';
  /** When the last good look began. */
  #seenMono = Number.NEGATIVE_INFINITY;
  #breaks: Break[] = [];

  constructor(place: CoveredPlace) {
    this.place = place;
  }

  /** Something was noted of it. */
  get hasSpan(): boolean {
    return this.#span !== null;
  }

  /** When the last good look began; monotonic. */
  get seenMono(): number {
    return this.#seenMono;
  }

  /** Notes a good look; one that is known already says nothing. */
  look(begunMono: number, endedMono: number, rules: SightRules): void {
    if (begunMono <= this.#seenMono) return;
    const isInTime = begunMono - this.#seenMono <= rules.dueMs;
    if (this.#state === 'doubt' && isInTime) this.#goOn(rules);
    else if (this.#state !== 'blind' && !isInTime) this.#goBlind('hanging', rules);
    if (this.#state === 'blind') this.#open(endedMono, rules);
    this.#seenMono = begunMono;
    this.#breaks = [];
  }

  /** Notes that a look has failed. `mono`: when it is noticed. */
  fail(cause: GapCause, mono: number, rules: SightRules): void {
    if (this.#state === 'blind') this.#mark(cause, mono, rules);
    else this.#doubt({ mono: this.#breaks.length === 0 ? this.#seenMono : mono, cause }, rules);
  }

  /** Notes that nothing at all was done since then: until then it was watched. */
  breakOff(cause: GapCause, mono: number, rules: SightRules): void {
    if (this.#state !== 'blind') this.#doubt({ mono, cause }, rules);
  }

  /** Looks whether the next good look comes too late. `cause`: why, where no look has failed. */
  beat(cause: GapCause, mono: number, rules: SightRules): void {
    if (this.#state !== 'blind' && mono - this.#seenMono > rules.dueMs) this.#goBlind(cause, rules);
  }

  /** Notes that it is watched no more from here, since then: where it was blind already, from now on for another reason. */
  end(cause: GapCause, { sinceMono, nowMono }: Ending, rules: SightRules): void {
    if (this.#state !== 'blind') {
      this.#doubt({ mono: sinceMono, cause }, rules);
      this.#goBlind(cause, rules);
    } else this.#mark(cause, nowMono, rules);
  }

  #doubt({ mono, cause }: Break, rules: SightRules): void {
    if (this.#breaks.at(-1)?.cause === cause) return;
    this.#breaks.push({ mono, cause });
    if (this.#state !== 'open') return;
    this.#state = 'doubt';
    this.#change({ to: this.#notBefore(mono, rules), cause }, rules);
  }

  #goOn(rules: SightRules): void {
    this.#state = 'open';
    this.#change({ to: null, cause: null }, rules);
  }

  #goBlind(cause: GapCause, rules: SightRules): void {
    const [first = { mono: this.#seenMono, cause }, ...others] = this.#breaks;
    this.#state = 'blind';
    this.#change({ to: this.#notBefore(first.mono, rules), cause: first.cause }, rules);
    for (const { mono, cause: other } of others) this.#mark(other, mono, rules);
    this.#breaks = [];
  }

  /** A span without length: from then on it is not watched for this reason. */
  #mark(cause: GapCause, mono: number, rules: SightRules): void {
    if (this.#span?.cause === cause) return;
    const at = this.#notBefore(mono, rules);
    this.#next({ from: at, to: at, cause }, rules);
  }

  #open(mono: number, rules: SightRules): void {
    this.#state = 'open';
    this.#next({ from: rules.toAt(mono), to: null, cause: null }, rules);
  }

  #next(over: Pick<CoverageSpan, 'from' | 'to' | 'cause'>, rules: SightRules): void {
    const { slackMs } = rules;
    if (this.#span) this.#change({ until: over.from }, rules);
    this.#span = { ...this.place, number: rules.nextNumber(), until: null, slackMs, ...over };
    rules.note(this.#span);
  }

  #change(over: Partial<Pick<CoverageSpan, 'to' | 'cause' | 'until'>>, { note }: SightRules): void {
    if (!this.#span) return;
    this.#span = { ...this.#span, ...over };
    note(this.#span);
  }

  /** A look that began before its span (the span begins when the first good look has ended) ends it at its beginning. */
  #notBefore(mono: number, { toAt }: SightRules): Timestamp {
    const at = toAt(mono);
    return this.#span ? Math.max(this.#span.from, at) : at;
  }
}
