import { expect, it } from 'vitest';
import { awaken, GROUP, pollsOf, settle, startWorld, until } from './support.ts';

const WATCHES = 50;
const ROUNDS = 5;
/** As far away as the real Atlas, so that several requests are on their way at once. */
const REPLY_MS = 200;

it.each([
  { life: '60 s', nonceLifeMs: 60_000, mostPerPoll: 1.1 },
  // As long as the schedule: in each round it runs out, and what is on its way then has to be sent again.
  { life: '2 s', nonceLifeMs: 2_000, mostPerPoll: 1.25 },
])(
  'reads fifty watches together with hardly more than one request each, and no failed login, while a nonce lives for $life',
  async ({ nonceLifeMs, mostPerPoll }) => {
    const world = await startWorld({ atlas: { strictNc: true, nonceLifeMs } });
    const names = Array.from({ length: WATCHES }, (_, index) => `orders-${index}`);
    for (const name of names) world.atlas.addInstance(GROUP, name);
    world.atlas.setFault({ kind: 'slow', ms: REPLY_MS });
    const watches = names.map((name) => world.watch({ name, instanceName: name, schedule: '*/2 * * * * *' }));
    const daemon = await awaken(await settle(world.config({ watches })));

    const { requests } = world.atlas;
    let polls = 0;
    await until(async () => {
      const before = requests.length;
      polls = [...(await pollsOf(daemon.base, 'ok')).values()].reduce((sum, count) => sum + count, 0);
      const isQuiet = requests.length === before && Date.now() - (requests.at(-1)?.at ?? 0) > 2 * REPLY_MS;
      return isQuiet && polls >= ROUNDS * WATCHES;
    }, 'the polls');

    expect(requests.length / polls).toBeLessThanOrEqual(mostPerPoll);
    expect(world.atlas.digest.failures).toBe(0);
    expect(new Set((await pollsOf(daemon.base, 'failed')).values())).toEqual(new Set([0]));
  },
);
