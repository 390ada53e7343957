import { beforeEach, describe, expect, it } from 'vitest';
import { coverageOf, type PlaceCoverage } from '../../../src/domain/coverage/periods.ts';
import type { CoverageSpan, CoverageWriter, RecordedSpan } from '../../../src/domain/coverage/span.ts';
import { SourceError, StoreError } from '../../../src/errors.ts';
import type { CoverageNote } from '../../../src/store/ports/evidence/coverage.ts';
import { CoverageBook, type WatchSight } from '../../../src/watcher/coverage/coverage-book.ts';
import { aWatch, T0 } from '../../support/builders.ts';

const S = 1_000;
const PLACE = { groupId: 'g', instanceName: 'orders' };

/** A store of which only coverage is asked, a clock, and one watch that is polled every 10 s. */
class World {
  at = T0;
  readonly spans = new Map<string, RecordedSpan>();
  readonly writers = new Map<string, CoverageWriter>();
  isStoreAway = false;
  isPolled = true;
  notes = 0;
  good: { begunMono: number; endedMono: number } | null = null;
  failure: Error | null = null;
  lateBecause: WatchSight['lateBecause'] = 'hanging';
  fate: 'gone' | null = null;
  targets = [PLACE];
  #processes = 0;

  readonly clock = {
    now: () => this.at,
    // Another process has another one.
    monotonic: () => this.at - T0 + 5_000_000 * this.#processes,
    sleep: async () => {},
  };

  process(): CoverageBook {
    this.#processes += 1;
    this.good = null;
    this.failure = null;
    return new CoverageBook({
      store: { noteCoverage: async (note) => this.#note(note) },
      clock: this.clock,
      writer: `process ${this.#processes}`,
      isStoreFailing: () => this.isStoreAway,
      sights: () => (this.isPolled ? [this.sight()] : []),
    });
  }

  sight(): WatchSight {
    const { good, failure, lateBecause } = this;
    const targets = this.targets.map((place) => ({ ...place, good, failure }));
    return {
      watch: 'orders',
      dueMs: 20 * S,
      periodMs: 10 * S,
      targets,
      lateBecause,
      fateOf: () => this.fate,
    };
  }

  /** A poll that ends now, with the beats up to then. */
  async look(book: CoverageBook, failure: Error | null = null): Promise<void> {
    this.failure = failure;
    const mono = this.clock.monotonic();
    if (failure === null) this.good = { begunMono: mono, endedMono: mono };
    book.note(this.sight());
    await this.beat(book);
  }

  async beat(book: CoverageBook): Promise<void> {
    book.beat();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Polls every 10 s, beats every second. */
  async run(book: CoverageBook, seconds: number, failure: Error | null = null): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      if (second % 10 === 0) await this.look(book, failure);
      this.at += S;
      await this.beat(book);
    }
  }

  coverage(): PlaceCoverage {
    const record = { spans: [...this.spans.values()], writers: [...this.writers.values()] };
    const [place] = coverageOf(record, { since: T0, until: this.at + 1 }, this.at);
    if (!place) throw new Error('nothing is on record');
    return place;
  }

  gaps(): unknown[] {
    return this.coverage().gaps.map(({ from, to, cause }) => [(from - T0) / S, (to - T0) / S, cause]);
  }

  #note({ writer, spans, firsts }: CoverageNote): void {
    if (this.isStoreAway) throw new StoreError('unavailable', 'away');
    this.notes += 1;
    for (const span of spans) this.#put(writer.id, span);
    for (const [key, span] of this.spans) {
      const next = spans.find((each) => firsts.includes(each.number));
      if (next && span.writer !== writer.id && span.until === null)
        this.spans.set(key, { ...span, until: next.from });
    }
    this.writers.set(writer.id, writer);
  }

  #put(writer: string, span: CoverageSpan): void {
    this.spans.set(`${writer} ${span.number}`, { ...span, writer });
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const away = new SourceError('unavailable', 'away');
const fault = (reason: 'auth' | 'refused', subject: 'credential' | 'project' | 'access_list') =>
  new SourceError(reason, reason, { subject });

describe('coverage', () => {
  it('has no gap while every look comes in time, and writes no look', async () => {
    const book = world.process();
    await world.run(book, 600);
    expect(world.gaps()).toEqual([]);
    expect(world.spans.size).toBe(1);
    expect(world.notes).toBeLessThanOrEqual(61);
  });

  it('has no gap for a failed look between two good ones that are near enough', async () => {
    const book = world.process();
    await world.run(book, 20);
    await world.run(book, 10, away);
    await world.run(book, 20);
    expect(world.gaps()).toEqual([]);
    expect(world.spans.size).toBe(1);
  });

  it.each([
    ['atlas_away', away],
    ['credential', fault('auth', 'credential')],
    ['role', fault('auth', 'project')],
    ['access_list', fault('refused', 'access_list')],
    ['database', new StoreError('unavailable', 'away')],
    ['gone', new SourceError('not_found', 'gone', { subject: 'instance' })],
    ['unreadable', new SourceError('bad_response', 'what?')],
    ['internal', new Error('oops')],
  ])('begins a gap at the last good look and ends it at the next: %s', async (cause, failure) => {
    const book = world.process();
    await world.run(book, 30);
    await world.run(book, 60, failure);
    await world.run(book, 30);
    expect(world.gaps()).toEqual([[20, 90, cause]]);
    expect(world.coverage()).toMatchObject({
      coveredMs: 50 * S - 0,
      expectedMs: cause === 'gone' ? 50 * S : 120 * S,
    });
  });

  it('cuts a gap where its cause changes', async () => {
    const book = world.process();
    await world.run(book, 30);
    await world.run(book, 40, away);
    await world.run(book, 40, fault('auth', 'credential'));
    await world.run(book, 10);
    expect(world.gaps()).toEqual([
      [20, 70, 'atlas_away'],
      [70, 110, 'credential'],
    ]);
  });

  it('begins a gap at a stop, and ends it at the first good look of the next process', async () => {
    const book = world.process();
    await world.run(book, 34);
    await book.stop();
    world.at += 100 * S;
    await world.run(world.process(), 20);
    expect(world.gaps()).toEqual([[34, 134, 'stopped']]);
  });

  it('has no gap where the next process comes in time', async () => {
    const book = world.process();
    await world.run(book, 34);
    await book.stop();
    world.at += 6 * S;
    await world.run(world.process(), 20);
    expect(world.gaps()).toEqual([]);
  });

  it('begins a gap at most 15 s before a kill, and never after it', async () => {
    for (const seconds of [31, 38, 44]) {
      world = new World();
      await world.run(world.process(), seconds);
      world.at += 100 * S;
      await world.run(world.process(), 20);
      const [[from, to, cause] = []] = world.gaps() as Array<[number, number, string]>;
      expect([to, cause]).toEqual([seconds + 100, 'killed']);
      expect(from).toBeLessThanOrEqual(seconds);
      expect(from).toBeGreaterThanOrEqual(seconds - 15);
    }
  });

  it('says who was in the way first, and then that the process was killed', async () => {
    const book = world.process();
    await world.run(book, 30);
    await world.run(book, 40, away);
    world.at += 100 * S;
    const next = world.process();
    await world.run(next, 30, away);
    await world.run(next, 10);
    const [first, second, third] = world.gaps() as Array<[number, number, string]>;
    const killedAt = second?.[0] ?? 0;
    expect([first, second, third]).toEqual([
      [20, killedAt, 'atlas_away'],
      [killedAt, 170, 'killed'],
      [170, 200, 'atlas_away'],
    ]);
    expect(killedAt).toBeLessThanOrEqual(70);
    expect(killedAt).toBeGreaterThanOrEqual(55);
  });

  it('ends when the process stands still, and begins with the next good look', async () => {
    const book = world.process();
    await world.run(book, 33);
    world.at += 300 * S;
    book.stoodStill(300 * S);
    await world.run(book, 20);
    expect(world.gaps()).toEqual([[33, 333, 'asleep']]);
  });

  it('has no gap for a standstill in which nothing was due', async () => {
    const book = world.process();
    await world.run(book, 31);
    world.at += 7 * S;
    book.stoodStill(7 * S);
    await world.run(book, 20);
    expect(world.gaps()).toEqual([]);
  });

  it('is not, where looks wait for their turn under a rate limit', async () => {
    const book = world.process();
    await world.run(book, 30);
    world.lateBecause = 'rate_limited';
    for (let second = 0; second < 60; second += 1) {
      world.at += S;
      await world.beat(book);
    }
    await world.run(book, 20);
    expect(world.gaps()).toEqual([[20, 90, 'rate_limited']]);
  });

  it('is not, while what is found cannot be written down; that is noted afterwards', async () => {
    const book = world.process();
    await world.run(book, 30);
    world.isStoreAway = true;
    await world.run(book, 60);
    world.isStoreAway = false;
    await world.run(book, 20);
    expect(world.gaps()).toEqual([[20, 90, 'database']]);
  });

  it('is not, while the configuration does not ask for it', async () => {
    const book = world.process();
    await world.run(book, 34);
    book.retain([]);
    world.at += 100 * S;
    await world.run(book, 20);
    expect(world.gaps()).toEqual([[34, 134, 'not_configured']]);
    book.retain([aWatch({ name: 'orders', ...PLACE })]);
    expect(world.gaps()).toHaveLength(1);
  });

  it('of an instance that has gone ends when that was seen last, and is no loss', async () => {
    const book = world.process();
    world.targets = [PLACE, { groupId: 'g', instanceName: 'other' }];
    await world.run(book, 30);
    world.targets = [{ groupId: 'g', instanceName: 'other' }];
    world.fate = 'gone';
    await world.run(book, 60);
    const record = { spans: [...world.spans.values()], writers: [...world.writers.values()] };
    const [orders, other] = coverageOf(record, { since: T0, until: world.at }, world.at);
    expect(other?.gaps).toEqual([]);
    expect(orders?.gaps.map(({ from, cause }) => [(from - T0) / S, cause])).toEqual([[20, 'gone']]);
    expect(orders?.expectedMs).toBe(20 * S);
  });

  it.each([
    ['that was never seen', 0],
    ['that was seen once', 1],
  ])(
    'of an instance %s and was blind when it went is a loss up to then, and none from then on',
    async (_, looks) => {
      const book = world.process();
      const refused = new SourceError('auth', 'refused');
      if (looks > 0) await world.run(book, 10);
      await world.run(book, 60, refused);
      const leftAt = (world.at - T0) / S;
      world.targets = [];
      world.fate = 'gone';
      world.failure = null;
      await world.run(book, 60);
      const places = [...world.spans.values()];
      expect(
        places.every(({ from, to, until }) => [from, to ?? 0, until ?? 0].every(Number.isSafeInteger)),
      ).toBe(true);
      const gaps = world.gaps() as Array<[number, number, string]>;
      const gone = gaps.at(-1);
      expect(gone?.[2]).toBe('gone');
      expect(Math.abs((gone?.[0] ?? 0) - leftAt)).toBeLessThanOrEqual(1);
      expect(gaps.at(-2)?.[1]).toBe(gone?.[0]);
    },
  );

  it('goes over from one replica to the next without a gap, unless a look was missed', async () => {
    const one = world.process();
    await world.run(one, 34);
    one.leave('orders', { isLost: false, isOurs: () => false });
    await world.beat(one);
    world.at += 6 * S;
    const two = world.process();
    await world.run(two, 34);
    expect(world.gaps()).toEqual([]);
    two.leave('orders', { isLost: false, isOurs: () => false });
    world.isPolled = false;
    world.at += 2 * S;
    await world.beat(two);
    world.at += 100 * S;
    world.isPolled = true;
    await world.run(world.process(), 10);
    expect(world.gaps()).toEqual([[74, 176, 'handed_over']]);
  });

  it('of a replica that is cut off ends with what it could write down', async () => {
    const book = world.process();
    await world.run(book, 30);
    world.isStoreAway = true;
    for (let second = 0; second < 14; second += 1) {
      world.at += S;
      await world.beat(book);
    }
    book.leave('orders', { isLost: true, isOurs: () => false });
    world.at += 100 * S;
    world.isStoreAway = false;
    await world.run(book, 20);
    const [[from, to, cause] = []] = world.gaps() as Array<[number, number, string]>;
    expect([to, cause]).toEqual([144, 'database']);
    expect(from).toBeGreaterThanOrEqual(15);
    expect(from).toBeLessThanOrEqual(30);
  });

  it('of the time before anything was noted is not on record, and no loss', async () => {
    world.at += 50 * S;
    await world.run(world.process(), 20);
    expect(world.gaps()).toEqual([[0, 50, 'unrecorded']]);
    expect(world.coverage()).toMatchObject({ coveredMs: 20 * S, expectedMs: 20 * S });
  });
});
