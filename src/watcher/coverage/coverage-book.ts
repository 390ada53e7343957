import type { Clock } from '../../clock.ts';
import type { GapCause } from '../../domain/coverage/causes.ts';
import type { CoverageSpan, CoveredPlace } from '../../domain/coverage/span.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Fate } from '../../domain/job/cession.ts';
import { placeKey } from '../../domain/job/place.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import { StoreError } from '../../errors.ts';
import type { CoverageStore } from '../../store/ports/evidence/coverage.ts';
import { causeOf } from './cause-of.ts';
import { PlaceSight, type SightRules } from './place-sight.ts';

/** So often it is noted that the process lives: what a killed one has noted reaches no farther. In milliseconds. */
const ALIVE_EVERY_MS = 10_000;
/** What has changed is written sooner. */
const CHANGES_AFTER_MS = 1_000;
/** While it cannot be written. */
const AGAIN_AFTER_MS = 5_000;

/** How one target of a watch, or the watch itself, was looked at last. All that ends in `Mono` is monotonic. */
export interface TargetSight {
  groupId: string;
  instanceName: string;
  /** Of the last good look; `null`: there was none. */
  good: { begunMono: number; endedMono: number } | null;
  /** Why the last look failed; `null`: it did not. */
  failure: Error | null;
}

/** How the targets of one watch were looked at last. */
export interface WatchSight {
  watch: string;
  /** A good look is due within so many milliseconds of the one before. */
  dueMs: number;
  /** From one look to the next, in milliseconds. */
  periodMs: number;
  targets: Iterable<TargetSight>;
  /** Why a look comes late that has not failed. */
  lateBecause: GapCause;
  /** Why the place is not followed any more; `null`: it is, or that is not known here. */
  fateOf: (place: CoveredPlace) => Fate | null;
}

/** What the book works with. */
export interface CoverageBookDeps {
  store: Pick<CoverageStore, 'noteCoverage'>;
  clock: Clock;
  /** Names this process among all that ever ran. */
  writer: string;
  /** What is found cannot be written down at present. */
  isStoreFailing: () => boolean;
  /** Of every watch that is polled here. */
  sights: () => Iterable<WatchSight>;
}

interface Noted {
  sight: PlaceSight;
  dueMs: number;
  slackMs: number;
}

/**
 * Keeps account of when every place was watched, and writes it down in batches: what has changed within a second or two, and that the process
 * lives every 10 s. A look that finds nothing new costs no write.
 */
export class CoverageBook {
  readonly #deps: CoverageBookDeps;
  readonly #startedAt: Timestamp;
  /** By watch, and then by place. */
  readonly #places = new Map<string, Map<string, Noted>>();
  #unwritten = new Map<number, CoverageSpan>();
  #firsts = new Set<number>();
  #count = 0;
  #writtenMono = Number.NEGATIVE_INFINITY;
  #notBeforeMono = Number.NEGATIVE_INFINITY;
  /** When the first write began that failed; `null`: the last one did not. */
  #failingSinceMono: number | null = null;
  #writing: Promise<void> | null = null;
  #endedAt: Timestamp | null = null;

  constructor(deps: CoverageBookDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  /** Takes account of how a watch was looked at last. */
  note({ watch, dueMs, periodMs, targets, lateBecause, fateOf }: WatchSight): void {
    const known = this.#places.get(watch) ?? new Map<string, Noted>();
    this.#places.set(watch, known);
    const nowMono = this.#deps.clock.monotonic();
    const isStoreFailing = this.#deps.isStoreFailing();
    const seen = new Set<string>();
    for (const { groupId, instanceName, good, failure } of targets) {
      const key = placeKey({ groupId, instanceName });
      seen.add(key);
      const noted = known.get(key);
      if (!noted && good === null && failure === null) continue;
      const sight = noted?.sight ?? new PlaceSight({ watch, groupId, instanceName });
      const rules = { dueMs, slackMs: Math.max(0, dueMs - periodMs) };
      known.set(key, { sight, ...rules });
      const ruled = this.#rules(rules, sight);
      if (this.#failingSinceMono !== null) sight.breakOff('database', this.#failingSinceMono, ruled);
      if (isStoreFailing) sight.fail('database', nowMono, ruled);
      else if (failure !== null) sight.fail(causeOf(failure), nowMono, ruled);
      else if (good !== null) sight.look(good.begunMono, good.endedMono, ruled);
      sight.beat(lateBecause, nowMono, ruled);
    }
    if (seen.size < known.size) this.#part(known, seen, fateOf);
  }

  /** The process did nothing for so long. */
  stoodStill(forMs: number): void {
    const mono = this.#deps.clock.monotonic() - forMs;
    for (const { sight, ...rules } of this.#all()) sight.breakOff('asleep', mono, this.#rules(rules, sight));
  }

  /** These watches alone are configured from now on. */
  retain(watches: readonly Watch[]): void {
    const mono = this.#deps.clock.monotonic();
    const configured = new Map(watches.map((watch) => [watch.name, watch]));
    for (const [name, places] of this.#places) {
      const watch = configured.get(name);
      this.#leave(places, 'not_configured', mono, ({ groupId, instanceName }) =>
        watch === undefined
          ? true
          : !isWildcard(watch) && (watch.groupId !== groupId || watch.instanceName !== instanceName),
      );
      if (places.size === 0) this.#places.delete(name);
    }
  }

  /**
   * Another replica has the places of this watch from now on that are not ours, or may have them. `isLost`: it may have had it for a while, for nothing could be written down:
   * what was seen since the last sign of life is not on record.
   */
  leave(
    watch: string,
    { isLost, isOurs }: { isLost: boolean; isOurs: (place: CoveredPlace) => boolean },
  ): void {
    const places = this.#places.get(watch);
    if (places === undefined || this.#endedAt !== null) return;
    const mono = isLost ? this.#writtenMono : this.#deps.clock.monotonic();
    this.#leave(places, isLost ? 'database' : 'handed_over', mono, (place) => !isOurs(place));
    if (places.size === 0) this.#places.delete(watch);
  }

  /** A sign of life from outside, about once a second: writes what is to be written by now. */
  beat(): void {
    const now = this.#deps.clock.monotonic();
    const sinceMs = now - this.#writtenMono;
    const isDue = sinceMs >= ALIVE_EVERY_MS || (this.#unwritten.size > 0 && sinceMs >= CHANGES_AFTER_MS);
    if (this.#places.size + this.#unwritten.size === 0 || !isDue) return;
    if (this.#writing === null && now >= this.#notBeforeMono) void this.#write();
  }

  /** Nothing is looked at any more from now on. */
  stopping(): void {
    this.#endedAt ??= this.#deps.clock.now();
  }

  /** Writes down that the process has stopped, and what is left besides. */
  async stop(): Promise<void> {
    this.stopping();
    await this.#writing;
    if (this.#places.size + this.#unwritten.size > 0 || this.#count > 0) await this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = this.#writeNow().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  /** What is overdue is noted first: the sign of life makes spans without an end reach to now. */
  async #writeNow(): Promise<void> {
    const { store, clock, writer: id } = this.#deps;
    if (this.#endedAt === null) for (const sight of this.#deps.sights()) this.note(sight);
    const [spans, firsts] = [this.#unwritten, this.#firsts];
    this.#unwritten = new Map();
    this.#firsts = new Set();
    const nowMono = clock.monotonic();
    const endedAt = this.#endedAt;
    const writer = { id, startedAt: this.#startedAt, aliveAt: endedAt ?? clock.now(), endedAt };
    try {
      await store.noteCoverage({ writer, spans: [...spans.values()], firsts: [...firsts] });
      this.#writtenMono = nowMono;
      this.#failingSinceMono = null;
    } catch (thrown) {
      // The guard of the store tells of it. What came meanwhile is newer.
      if (!(thrown instanceof StoreError)) throw thrown;
      this.#unwritten = new Map([...spans, ...this.#unwritten]);
      this.#firsts = new Set([...firsts, ...this.#firsts]);
      this.#notBeforeMono = clock.monotonic() + AGAIN_AFTER_MS;
      this.#failingSinceMono ??= nowMono;
    }
  }

  /** What is not listed any more was watched until it was seen last. */
  #part(known: Map<string, Noted>, seen: ReadonlySet<string>, fateOf: WatchSight['fateOf']): void {
    for (const [key, { sight, ...rules }] of known) {
      const fate = seen.has(key) ? null : fateOf(sight.place);
      if (fate === null) continue;
      const ending = { sinceMono: sight.seenMono, nowMono: this.#deps.clock.monotonic() };
      sight.end(fate === 'gone' ? 'gone' : 'ceded', ending, this.#rules(rules, sight));
      known.delete(key);
    }
  }

  #leave(
    places: Map<string, Noted>,
    cause: GapCause,
    mono: number,
    isMeant: (place: CoveredPlace) => boolean,
  ): void {
    for (const [key, { sight, ...rules }] of places) {
      if (!isMeant(sight.place)) continue;
      const ending = { sinceMono: mono, nowMono: this.#deps.clock.monotonic() };
      sight.end(cause, ending, this.#rules(rules, sight));
      places.delete(key);
    }
  }

  *#all(): Generator<Noted> {
    for (const places of this.#places.values()) yield* places.values();
  }

  #rules(rules: Pick<SightRules, 'dueMs' | 'slackMs'>, sight: PlaceSight): SightRules {
    const { clock } = this.#deps;
    const ahead = clock.now() - clock.monotonic();
    return {
      ...rules,
      toAt: (mono) => Math.round(mono + ahead),
      nextNumber: () => {
        this.#count += 1;
        if (!sight.hasSpan) this.#firsts.add(this.#count);
        return this.#count;
      },
      note: (span) => this.#unwritten.set(span.number, span),
    };
  }
}
