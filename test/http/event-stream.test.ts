import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toCloudEvent } from '../../src/domain/event/cloud-event.ts';
import type { PlannedEvent } from '../../src/domain/event/plan.ts';
import { createSignals } from '../../src/signals.ts';
import type { Store } from '../../src/store/store.ts';
import { aCommit, plan } from '../store/support.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openNewStore } from '../support/test-store.ts';
import { serve } from './serve.ts';

interface Heard {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** A daemon's server over a store of its own. `record` tells of what it records; `recordElsewhere` is another replica, of which nothing tells. */
async function world() {
  const store: Store = await openNewStore();
  onTestFinished(() => store.close());
  const signals = createSignals(createRecordingLogger());
  const { server, get } = await serve({}, { store, signals });
  const recordElsewhere = (...events: PlannedEvent[]) => store.commitPoll(aCommit({ events }));
  const record = async (...events: PlannedEvent[]) => {
    await recordElsewhere(...events);
    for (const planned of events)
      signals.emit('event:recorded', {
        ...{ watch: 'orders', name: planned.event.name, eventId: planned.event.id },
        ...{ hasHappened: true, planned },
      });
  };
  return {
    server,
    get,
    record,
    recordElsewhere,
    listen: (query = '', id = '') => listen(server.url, query, id),
  };
}

/** Listens until the test ends, or until `stop`. */
async function listen(url: string, query: string, lastEventId: string) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const answer = await fetch(`${url}/api/v1/events${query}`, {
    headers: lastEventId === '' ? {} : { 'last-event-id': lastEventId },
    signal: abort.signal,
  });
  const heard: Heard[] = [];
  const ended = (async () => {
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      heard.push(...blocks.flatMap(heardIn));
    }
  })().catch(() => {});
  const hear = async (count: number): Promise<Heard[]> => {
    const end = Date.now() + PATIENCE_MS;
    while (heard.length < count && Date.now() < end) await sleep(5);
    return heard;
  };
  return { status: answer.status, heard, hear, ended, stop: () => abort.abort() };
}

function heardIn(block: string): Heard[] {
  const fields = new Map(
    block.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 2)]),
  );
  const data = fields.get('data');
  return data === undefined
    ? []
    : [{ id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) }];
}

const ids = (heard: readonly Pick<Heard, 'id'>[]) => heard.map(({ id }) => id);
const idOf = (number: number) => plan(number).event.id;

describe('GET /api/v1/events', () => {
  it('tells what is recorded from now on, as the CloudEvent that a webhook gets', async () => {
    const { record, listen } = await world();
    await record(plan(1));
    const { hear } = await listen();
    await record(plan(2), plan(3));
    expect(await hear(2)).toEqual(
      [plan(2), plan(3)].map(({ event }) => ({ id: event.id, event: event.name, data: toCloudEvent(event) })),
    );
  });

  it('tells what another replica has recorded', async () => {
    const { recordElsewhere, listen } = await world();
    const { hear } = await listen();
    await recordElsewhere(plan(1));
    expect(ids(await hear(1))).toEqual([idOf(1)]);
  });

  it('goes on behind the event that the listener had last, by header or address', async () => {
    const { record, listen } = await world();
    await record(plan(1), plan(2), plan(3));
    expect(ids(await (await listen('', idOf(1))).hear(2))).toEqual([idOf(2), idOf(3)]);
    expect(ids(await (await listen(`?after=${idOf(2)}`)).hear(1))).toEqual([idOf(3)]);
    // A browser that comes back names what it has, and asks at the same address.
    const back = await listen(`?after=${idOf(1)}`, idOf(3));
    await record(plan(4));
    expect(ids(await back.hear(1))).toEqual([idOf(4)]);
  });

  it('refuses an id that is not on record, for nobody can say what came after it', async () => {
    const { get } = await world();
    const { status, body } = await get('/api/v1/events', { 'last-event-id': 'never' });
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'no event of this id is on record' });
  });

  it('tells of one watch or one kind of event, and of samples only where all is asked for', async () => {
    const { record, listen } = await world();
    const [all, failed, other, everything] = await Promise.all([
      listen(),
      listen('?event=failed'),
      listen('?watch=other'),
      listen('?all=true'),
    ]);
    await record(
      plan(1, { test: true }),
      plan(2, { name: 'finished' }),
      plan(3),
      plan(4, { name: 'finished' }),
    );
    expect(ids(await everything.hear(4))).toEqual([1, 2, 3, 4].map(idOf));
    expect(ids(await all.hear(3))).toEqual([2, 3, 4].map(idOf));
    expect(ids(await failed.hear(1))).toEqual([idOf(3)]);
    expect(other.heard).toEqual([]);
  });

  it('leaves out nothing and tells nothing twice, whenever somebody comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ count: fc.integer({ min: 1, max: 450 }), isOurs: fc.boolean(), isCut: fc.boolean() }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        async (steps) => {
          const { record, recordElsewhere, listen } = await world();
          await record(plan(1));
          let number = 1;
          let listener = await listen('', idOf(1));
          const got: string[] = [];
          for (const { count, isOurs, isCut } of steps) {
            const plans = Array.from({ length: count }, () => plan(++number));
            const written = (isOurs ? record : recordElsewhere)(...plans);
            if (isCut) {
              await sleep(3);
              listener.stop();
              await listener.ended;
              got.push(...ids(listener.heard));
              listener = await listen('', got.at(-1) ?? idOf(1));
            }
            await written;
          }
          await listener.hear(number - 1 - got.length);
          got.push(...ids(listener.heard));
          listener.stop();
          expect(got).toEqual(Array.from({ length: number - 1 }, (_, index) => idOf(index + 2)));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('lets twenty listen, and ends all of them when the server stops', async () => {
    const { server, listen, get } = await world();
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen()));
    expect(listeners.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await get('/api/v1/events')).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    await server.close();
    await Promise.all(listeners.map(({ ended }) => ended));
  });
});
