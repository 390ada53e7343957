import type { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeliveryOutcome, FallbackRequest } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { openRecordingStore } from '../plans/recording-store.ts';
import { aCommit, plan } from '../support.ts';

const CHANNELS = ['a', 'b', 'c'] as const;

type Step =
  | { do: 'owe'; channels: string[]; held: boolean }
  | { do: 'end'; which: number; kind: 'delivered' | 'retry' | 'given_up'; isSplit: boolean }
  | { do: 'redrive'; which: number | null }
  | { do: 'go'; ms: number; isStep: boolean }
  | { do: 'restart' }
  | { do: 'look'; channel: string; fallback: string; afterMs: number };

const channel = fc.constantFrom(...CHANNELS);
const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('owe'),
      channels: fc.uniqueArray(channel, { minLength: 1 }),
      held: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end'),
      which,
      kind: fc.constantFrom('delivered', 'retry', 'given_up'),
      isSplit: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive'), which: fc.option(which) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('go'),
      ms: fc.constantFrom(MINUTE, 10 * MINUTE, 24 * HOUR, -24 * HOUR, 49 * HOUR),
      isStep: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        do: fc.constant('look' as const),
        channel,
        fallback: channel,
        afterMs: fc.constantFrom(0, 10 * MINUTE),
      })
      .filter(({ channel, fallback }) => channel !== fallback),
  },
);

/** Plays steps against a store, and asks beside it what a look should find, by going through everything. */
class World {
  readonly store: Store;
  readonly db: DatabaseSync;
  now = T0;
  #events = 0;

  constructor() {
    const { store, db } = openRecordingStore();
    this.store = store;
    this.db = db;
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case 'owe':
        return this.owe(step.channels, step.held);
      case 'end':
        return this.end(step);
      case 'redrive':
        await this.store.redrive(step.which === null ? 'given_up' : this.#idsOf(step.which), this.now);
        return;
      case 'go':
        this.now += step.ms;
        if (step.isStep) await this.store.moveSpans({ byMs: step.ms, at: this.now });
        return;
      case 'restart':
        await this.store.join(aJoining());
        return;
      case 'look':
        return this.look({ ...step, notAcceptedSince: this.now - step.afterMs, at: this.now });
    }
  }

  async owe(channels: string[], held: boolean): Promise<void> {
    this.#events += 1;
    const planned = plan(this.#events, { job: this.#events, channels });
    const heldUntil = new Map(held ? [[channels[0] ?? '', this.now + HOUR]] : []);
    await this.store.commitPoll(aCommit({ at: this.now, events: [{ ...planned, heldUntil }] }));
  }

  async end({ which, kind, isSplit }: Extract<Step, { do: 'end' }>): Promise<void> {
    const apart = [
      { recipient: 'ann', kind: 'owed' as const },
      { recipient: 'bob', kind: 'given_up' as const, detail: '' },
    ];
    const outcomes = this.#idsOf(which).map((id): DeliveryOutcome => {
      const ended = { id, at: this.now, detail: '', ...(isSplit ? { apart } : {}) };
      return kind === 'retry' ? { ...ended, kind, nextAttemptAt: this.now + HOUR } : { ...ended, kind };
    });
    await this.store.recordOutcomes(outcomes, []);
  }

  async look(request: FallbackRequest): Promise<void> {
    const missed = this.#missed(request);
    const owed = (await this.store.oweFallbacks(request)).map(({ eventId }) => eventId);
    expect(owed).toEqual(missed);
    expect(this.#missed(request)).toEqual([]);
    expect(await this.store.oweFallbacks(request)).toEqual([]);
  }

  /** What the fallback should get, in the order of insertion; of one event to several recipients the first counts. */
  #missed({ channel, fallback, notAcceptedSince, at }: FallbackRequest): string[] {
    const rows = this.db
      .prepare(
        `select event_id from delivery as d
          where channel = ? and coalesce(held_until, created_at) > ?
            and (status = 'given_up' or (status = 'pending' and coalesce(held_until, created_at) <= ?))
            and not exists (select 1 from delivery as other where other.id = d.event_id || ?)
          order by position`,
      )
      .all(channel, at - 48 * HOUR, notAcceptedSince, `:${fallback}`);
    return [...new Set(rows.map(({ event_id }) => String(event_id)))];
  }

  /** Deliveries that are said to be covered by a channel that is not owed their event, or that no look would go by. */
  wronglyCovered(): unknown[] {
    return this.db
      .prepare(
        `select id, covered_by from delivery as d where covered_by <> '' and not (
            exists (select 1 from delivery as other where other.id = d.event_id || ':' || d.covered_by)
            and covered_by in (select channel from delivery_count)
          )`,
      )
      .all();
  }

  #idsOf(which: number): string[] {
    const ids = this.db.prepare('select id from delivery order by position').all();
    return ids
      .slice(which % Math.max(1, ids.length))
      .slice(0, 1)
      .map(({ id }) => String(id));
  }
}

it('a look owes to a fallback what going through everything would find, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40, size: 'max' }), async (steps) => {
      const world = new World();
      try {
        for (const one of steps) await world.play(one);
        expect(world.wronglyCovered()).toEqual([]);
      } finally {
        world.db.close();
      }
    }),
    { numRuns: 50 },
  );
});
