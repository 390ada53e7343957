import { expect, it } from 'vitest';
import { fetchOnce } from '../support/fetch-once.ts';
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
    // Atlas's time goes on with what it is asked, 2 s for a round of the schedule: how long one takes here must not count.
    const begunAt = Date.now();
    let asked = (): number => 0;
    const now = (): number => begunAt + asked() * (2_000 / WATCHES);
    const world = await startWorld({ atlas: { strictNc: true, nonceLifeMs, now } });
    asked = () => world.atlas.requests.length;
    const names = Array.from({ length: WATCHES }, (_, index) => `orders-${index}`);
    for (const name of names) world.atlas.addInstance(GROUP, name);
    world.atlas.setFault({ kind: 'slow', ms: REPLY_MS });
    const watches = names.map((name) => world.watch({ name, instanceName: name, schedule: '*/2 * * * * *' }));
    const daemon = await awaken(await settle(world.config({ watches })));

    let requests = 0;
    let polls = 0;
    const metrics = async () => (await fetchOnce(`${daemon.base}/metrics`)).text();
    const requestsIn = (text: string) => sumOf(text, /^restore_watcher_api_requests_total\{.*\} (\d+)$/gm);
    await until(async () => {
      const text = await metrics();
      requests = requestsIn(text);
      polls = sumOf(text, /^restore_watcher_polls_total\{.*outcome="ok"\} (\d+)$/gm);
      return polls >= ROUNDS * WATCHES;
    }, 'the polls');

    // Asked again, since a page of metrics shows one a moment later than the other.
    expect(requestsIn(await metrics())).toBeGreaterThanOrEqual(polls);
    expect(requests / polls).toBeLessThanOrEqual(mostPerPoll);
    expect(world.atlas.digest.failures).toBe(0);
    expect(new Set((await pollsOf(daemon.base, 'failed')).values())).toEqual(new Set([0]));
  },
);

function sumOf(text: string, counter: RegExp): number {
  return [...text.matchAll(counter)].reduce((sum, [, count]) => sum + Number(count), 0);
}
