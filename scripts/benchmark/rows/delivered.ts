import { makeHome } from '../../../test/support/daemon.ts';
import { startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { createLoopProbe } from '../probe/loop.ts';
import { configOf, toldTo } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { startReceiver } from '../receiver/receiver.ts';
import { count, span } from '../report/figures.ts';
import { atLeast, type Line } from '../report/line.ts';
import { until } from '../until.ts';

const OWED = { long: 5_000, short: 20 };
const WANTED_PER_SECOND = 600;
const SLOW_ANSWER_MS = 20;
const LOOK_EVERY_MS = 100;
const MS_PER_SECOND = 1_000;

/** How fast one webhook is told when much is owed to it at once. */
export const DELIVERED_ROW: Row = {
  name: 'delivered',
  measure: async (bench) => [await measure(bench, 0), await measure(bench, SLOW_ANSWER_MS)],
};

async function measure(bench: Bench, answerAfterMs: number): Promise<Line> {
  const owed = bench.isShort ? OWED.short : OWED.long;
  const speed = answerAfterMs === 0 ? 'answers at once' : `answers after ${answerAfterMs} ms`;
  bench.say(`${count(owed)} deliveries to a webhook that ${speed}`);
  const [atlas, receiver] = [await startAtlas(), await startReceiver(answerAfterMs)];
  const instanceName = 'burst';
  await atlas.put({ instanceName, count: 0, state: 'ended' });
  // Polling while it delivers is not what is measured.
  const schedule = '*/5 * * * * *';
  const home = await makeHome(
    configOf(atlas.url, { instanceName, schedule }, toldTo(receiver.url, ['finished', 'failed'])),
  );
  const probe = await createLoopProbe(home.dir);
  const daemon = await startWatcher(bench.image, home, probe);
  try {
    await daemon.polled();
    const { longestBlockMs } = await probe.during(async () => {
      // They have begun and ended since the last poll: all are owed by one and the same poll.
      await atlas.put({ instanceName, count: owed, state: 'ended' });
      await until(async () => (await receiver.count()) >= owed, LOOK_EVERY_MS);
    });
    const receipts = await receiver.receipts();
    const [first, last] = [receipts[0]?.atMs ?? Number.NaN, receipts.at(-1)?.atMs ?? Number.NaN];
    const perSecond = ((receipts.length - 1) / (last - first)) * MS_PER_SECOND;
    return {
      what: `delivered to one webhook that ${speed}, ${count(owed)} owed`,
      goal: atLeast(`${WANTED_PER_SECOND} a second`, perSecond, WANTED_PER_SECOND),
      got: `${count(perSecond)} a second; loop held up for ${span(longestBlockMs)} at most`,
    };
  } finally {
    await daemon.stop();
    await Promise.all([atlas.stop(), receiver.stop()]);
    await home.remove();
  }
}
