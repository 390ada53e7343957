import type { Clock } from '../../clock.ts';
import { formatSpan, instantBefore, type Timestamp } from '../../domain/instant.ts';
import { liesIn, placeKey, type WatchPlace } from '../../domain/job/place.ts';
import { menderOf } from '../../domain/polling/mender.ts';
import { HINT } from '../poll/in-hand.ts';
import type { Fault, PlaceFault, Throttled } from '../status.ts';
import type { Failing, WatchAccount } from './account.ts';
import type { WatchHint } from './hint/watch-hint.ts';
import type { TargetBook } from './targets/target-book.ts';
import type { Throttle } from './throttle.ts';

/** Sooner than this it does not count as hanging: a request may take its time, and be repeated. */
const HANGING_AFTER_MS = 60_000;

/** As the status of a watch shows it. */
export function toThrottled(held: Throttled | null): Throttled | null {
  if (held === null) return null;
  const { reason, by, message, hint, since, isMeant } = held;
  return { reason, by, message, hint, since, isMeant };
}

/** Names what is to be told among what fails of one watch: which part of it, and who can mend it. */
export function keyOf({ part, fault }: Failing): string {
  return `${menderOf(fault.reason)} ${part === null ? '' : placeKey(part.place)}`;
}

/** As the status of a watch shows it. */
export function toPlaceFault({ fault, forMs, part }: Failing): PlaceFault {
  return { ...fault, place: part?.place ?? null, blindForMs: forMs };
}

/** Leaves out where the fault lies, and whatever else is known of it. */
export function toFault({ reason, message, hint, since }: Fault): Fault {
  return { reason, message, hint, since };
}

/** True when the place is a part of what fails. */
function liesInPart({ groupId, instanceName }: WatchPlace, part: WatchPlace): boolean {
  return instanceName !== null && liesIn({ groupId, instanceName }, part);
}

/** That nothing has come of something for so long. */
function silence(now: Timestamp, forMs: number, what: string): Pick<Failing, 'fault' | 'forMs'> {
  const message = `nothing has come of ${what} for ${formatSpan(forMs)}`;
  return { fault: { reason: 'timeout', message, hint: HINT, since: instantBefore(now, forMs) }, forMs };
}

/** Where it is looked up what is in the way of one watch. */
export interface TroublesDeps {
  clock: Pick<Clock, 'now'>;
  account: Pick<WatchAccount, 'failing' | 'failingParts'>;
  throttle: Pick<Throttle, 'late' | 'stretched'>;
  book: Pick<TargetBook, 'silent'>;
  /** What is polled in sweeps alone may be so much older. */
  hint: Pick<WatchHint, 'sweepMsOf'> | null;
  /** For how long nothing has come of the poll in hand; 0 while there is none. */
  idleMs: () => number;
}

/** What is in the way of one watch at present. */
export class Troubles {
  readonly #deps: TroublesDeps;

  constructor(deps: TroublesDeps) {
    this.#deps = deps;
  }

  /** What keeps it from being polled: the fault of the last poll, or that nothing comes of the one in hand. Then its parts. */
  all(): Failing[] {
    const { account } = this.#deps;
    const own = account.failing ?? this.#hanging() ?? this.#late();
    return [...(own ? [own] : []), ...account.failingParts];
  }

  /** It is polled, and less often than somebody has asked for. That makes it no blinder than it is meant to be, and is told all the same. */
  tooSeldom(): Failing[] {
    const held = this.#deps.throttle.stretched;
    if (held === null || held.isMeant || held.at === 'kept') return [];
    return [{ fault: held, forMs: held.forMs, part: null, isPolled: true }];
  }

  /** Instances that could not be read for longer than they may, though no fault has shown yet: nothing comes of their polls. */
  silent(dueWithinMs: number): PlaceFault[] {
    const { book, clock, hint } = this.#deps;
    const silent = book.silent((tracked) => dueWithinMs + (hint?.sweepMsOf(tracked) ?? 0));
    if (silent.length === 0) return [];
    const known = this.all();
    return silent.flatMap(({ place, blindForMs, idleMs }) => {
      const isKnown = known.some(({ part }) => part === null || liesInPart(place, part.place));
      if (isKnown) return [];
      return [{ ...silence(clock.now(), idleMs, 'its poll in hand').fault, place, blindForMs }];
    });
  }

  /** It waits for its turn, for longer than it should have to. */
  #late(): Failing | null {
    const held = this.#deps.throttle.late;
    return held === null ? null : { fault: held, forMs: held.forMs, part: null };
  }

  #hanging(): Failing | null {
    const forMs = this.#deps.idleMs();
    return forMs < HANGING_AFTER_MS
      ? null
      : { ...silence(this.#deps.clock.now(), forMs, 'the poll in hand'), part: null };
  }
}

/** Which failures of one watch were told. Only spares the store a question; what counts is kept there. */
export class ToldFailures {
  readonly #failingAfterMs: number;
  readonly #told = new Set<string>();

  constructor(failingAfterMs: number) {
    this.#failingAfterMs = failingAfterMs;
  }

  /** Gives those that have lasted for so long that they are to be told and were not, and notes that they are. */
  dueOf(troubles: readonly Failing[]): Failing[] {
    const due = troubles.filter(
      (trouble) => trouble.forMs >= this.#failingAfterMs && !this.#told.has(keyOf(trouble)),
    );
    for (const trouble of due) {
      // For less than that others can mend it: it is looked at again then.
      const { forMs, sameForMs = forMs } = trouble;
      if (sameForMs >= this.#failingAfterMs) this.#told.add(keyOf(trouble));
    }
    return due;
  }

  /** Forgets those that have ended. */
  keep(troubles: readonly Failing[]): void {
    const keys = new Set(troubles.map(keyOf));
    for (const told of this.#told) if (!keys.has(told)) this.#told.delete(told);
  }
}
