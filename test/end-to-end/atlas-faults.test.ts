import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/atlas/faults.ts';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import {
  awaken,
  factsOf,
  GROUP,
  getJson,
  INSTANCE,
  settle,
  startWorld,
  until,
  untilPolled,
  watchOf,
} from './support.ts';

/** How long each fault lasts at least, and through how many polls. */
const PHASE_MS = 2_000;
const PHASE_POLLS = 2;

const FAULTS: ReadonlyArray<[name: string, fault: Fault, reason: string]> = [
  ['errors', { kind: 'status', status: 500 }, 'unavailable'],
  ['silence', { kind: 'hang' }, 'timeout'],
  ['cut connections', { kind: 'reset' }, 'unavailable'],
  ['half a reply', { kind: 'truncate', clean: true }, 'bad_response'],
  ['a web page', { kind: 'html', status: 200 }, 'bad_response'],
];

it('tells nothing false while Atlas answers with errors, silence, cut connections, half a reply or a web page, and everything afterwards', async () => {
  const world = await startWorld();
  const connection = world.connection({ requestTimeout: '500ms', retries: 1 });
  const daemon = await awaken(await settle(world.config({ connections: [connection] })));
  await untilPolled(daemon, 1);
  const expected: string[] = [];
  let running = world.startJob();
  expected.push(`${running} started`);
  await world.untilArrived(expected.length);

  for (const [name, fault, reason] of FAULTS) {
    world.atlas.setFault(fault);
    const begunAt = performance.now();
    world.atlas.updateJob(GROUP, INSTANCE, running, finish(Date.now()));
    await until(async () => {
      const { consecutiveFailures } = await watchOf(daemon.base);
      return consecutiveFailures >= PHASE_POLLS && performance.now() - begunAt >= PHASE_MS;
    }, `failed polls under ${name}`);

    expect((await watchOf(daemon.base)).fault, name).toMatchObject({ reason });
    expect(await getJson(`${daemon.base}/healthz`), name).toMatchObject({ status: 200 });
    expect(factsOf(world.told()), name).toEqual(expected);

    expected.push(`${running} finished`);
    running = world.startJob();
    expected.push(`${running} started`);
    world.atlas.setFault(null);
    await world.untilArrived(expected.length);
    expect(factsOf(world.told()).toSorted(), name).toEqual(expected.toSorted());
    expect(await watchOf(daemon.base), name).toMatchObject({ fault: null, consecutiveFailures: 0 });
  }

  const { body } = await getJson(`${daemon.base}/api/v1/transitions`);
  expect((body as { items: unknown[] }).items).toHaveLength(expected.length);
});
