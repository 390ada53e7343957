import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../src/channels/notifier.ts';
import { DeliveryError } from '../../../src/errors.ts';
import { HOUR, MINUTE } from '../../support/builders.ts';
import { outboxWorld } from './outbox-world.ts';

/** What the receiver does: accepts, is down, or asks for silence. */
type Mood = 'accepts' | 'down' | { asksForMs: number };
type Step =
  | { do: 'owe'; job: number }
  | { do: 'mood'; mood: Mood }
  | { do: 'work' }
  | { do: 'wait'; ms: number }
  | { do: 'restart' }
  | { do: 'redrive'; which: number };

const mood: fc.Arbitrary<Mood> = fc.oneof(
  fc.constant<Mood>('accepts'),
  fc.constant<Mood>('down'),
  fc.record({ asksForMs: fc.constantFrom(1_000, 30_000, 5 * MINUTE, 5 * MINUTE + 1, 25 * HOUR) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('owe'), job: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mood'), mood }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('work') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, 5_000, MINUTE, 6 * MINUTE, HOUR),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive'), which: fc.nat(9) }) },
);

type World = Awaited<ReturnType<typeof outboxWorld>>;

/** A receiver with moods, which knows what it has asked for and holds every request against it. */
function playReceiver(world: World) {
  const { clock, notifier } = world;
  const receiver = {
    mood: 'accepts' as Mood,
    quietSince: 0,
    quietUntil: 0,
    sends: new Map<string, number>(),
  };
  notifier.answer = (notices: readonly Notice[]) => {
    const isUrgent = notices.some((notice) => notice.isUrgent);
    // Several may be on their way when the first meets the silence.
    if (!isUrgent && clock.now() !== receiver.quietSince)
      expect(clock.now(), 'nothing breaks the silence').toBeGreaterThanOrEqual(receiver.quietUntil);
    for (const { deliveryId } of notices)
      receiver.sends.set(deliveryId, (receiver.sends.get(deliveryId) ?? 0) + 1);
    const { mood: now } = receiver;
    if (now === 'accepts') {
      if (clock.now() > receiver.quietSince) receiver.quietUntil = 0;
      return;
    }
    const retryAfterMs = now === 'down' ? undefined : now.asksForMs;
    if (retryAfterMs !== undefined && retryAfterMs <= 5 * MINUTE) {
      receiver.quietSince = clock.now();
      receiver.quietUntil = clock.now() + retryAfterMs;
    }
    throw new DeliveryError('unavailable', 'HTTP 503', { retryable: true, retryAfterMs });
  };
  return receiver;
}

async function play(step: Step, world: World, receiver: ReturnType<typeof playReceiver>, owed: string[]) {
  switch (step.do) {
    case 'owe':
      owed.push(...(await world.owe(['failed', step.job])));
      return;
    case 'mood':
      receiver.mood = step.mood;
      return;
    case 'work':
      return world.drain();
    case 'wait':
      world.clock.advance(step.ms);
      return;
    case 'restart':
      return world.restart();
    case 'redrive': {
      const id = owed[step.which % Math.max(1, owed.length)] ?? '';
      for (const forgotten of await world.store.redrive([id], world.clock.now()))
        receiver.sends.delete(forgotten);
    }
  }
}

describe('a receiver of any mood', () => {
  it.each([1, 10])(
    'is never asked in the silence it wants, in order, and gets all in the end (%i a message)',
    async (maxBatch) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          const world = await outboxWorld({ maxBatch, concurrency: maxBatch === 1 ? 4 : 1 });
          const receiver = playReceiver(world);
          const owed: string[] = [];
          for (const one of steps) await play(one, world, receiver, owed);

          const { items } = await world.store.listDeliveries({ limit: 99 });
          for (const { id, attemptsStarted, attemptsFinished } of items) {
            const sends = receiver.sends.get(id) ?? 0;
            expect([attemptsStarted, attemptsFinished], 'what was sent is counted').toEqual([sends, sends]);
          }

          receiver.mood = 'accepts';
          world.clock.advance(5 * MINUTE);
          owed.push(...(await world.owe(['failed', 9])));
          await world.liveUntil(world.clock.now() + HOUR + MINUTE);
          expect(world.accepted().toSorted()).toEqual(owed.toSorted());
          const byJob = Map.groupBy(world.notifier.accepted.flat(), ({ jobId }) => jobId);
          for (const [job, accepted] of byJob) {
            const ids = accepted.map(({ eventId }) => eventId);
            expect(ids, `the order of ${job}`).toEqual(ids.toSorted());
          }
          await world.store.close();
        }),
        { numRuns: 50 },
      );
    },
  );
});
