import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { jobOf } from '../../src/domain/event/subject.ts';

export interface FakeNotifier extends Notifier {
  /** What was accepted, send by send: the names of the events. */
  accepted: Array<Array<{ eventId: string; name: string; jobId: string | null }>>;
  /** Called for each send; throw to refuse. */
  answer: (notices: readonly Notice[], signal: AbortSignal) => unknown;
  sends: number;
  /** Of `accepted`, what was sent as a digest. */
  digests: FakeNotifier['accepted'];
}

export function createFakeNotifier({
  digestOf,
  ...over
}: Partial<Pick<FakeNotifier, 'channel' | 'maxBatch' | 'concurrency' | 'concurrencyWhenQuick'>> & {
  /** How many events its digests carry; without it, it sends none. */
  digestOf?: number;
} = {}): FakeNotifier {
  const fake: FakeNotifier = {
    channel: 'oncall',
    type: 'fake',
    maxBatch: 1,
    concurrency: 4,
    accepted: [],
    sends: 0,
    digests: [],
    answer: () => undefined,
    send: async (notices, signal) => {
      fake.sends += 1;
      await fake.answer(notices, signal);
      fake.accepted.push(
        notices.map(({ event }) => ({
          eventId: event.id,
          name: event.name,
          jobId: jobOf(event)?.id ?? null,
        })),
      );
      return { detail: 'ok' };
    },
    preview: async (notices) => ({ content: notices.map(({ event }) => event.summary), text: '' }),
    close: async () => {},
    ...(digestOf === undefined
      ? {}
      : {
          digest: {
            maxBatch: digestOf,
            send: async (notices, signal) => {
              const receipt = await fake.send(notices, signal);
              fake.digests.push(...fake.accepted.slice(-1));
              return receipt;
            },
          },
        }),
    ...over,
  };
  return fake;
}
