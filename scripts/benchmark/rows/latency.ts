import { setTimeout as delay } from 'node:timers/promises';
import { makeHome } from '../../../test/support/daemon.ts';
import { type Atlas, startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { connectionTo, toldTo, watchOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { type Receiver, startReceiver } from '../receiver/receiver.ts';
import { count, quantile, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { until } from '../until.ts';

const WATCHES = 5;
const CHANGES_PER_WATCH = { long: 60, short: 2 };
/** More than a second, so that the changes fall on every moment between two polls. */
const PAUSE_MS = 1_030;
const WANTED_P99_MS = 25;
const LOOK_EVERY_MS = 100;

/** How long a change is in the daemon's hands: from the end of the answer that shows it to its arrival at a webhook. */
export const LATENCY_ROW: Row = { name: 'latency', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const changes = bench.isShort ? CHANGES_PER_WATCH.short : CHANGES_PER_WATCH.long;
  const names = Array.from({ length: WATCHES }, (_, index) => `calm-${index}`);
  const [atlas, receiver] = [await startAtlas(), await startReceiver(0)];
  for (const instanceName of names) await atlas.put({ instanceName, count: changes, state: 'running' });
  const home = await makeHome({
    connections: [connectionTo(atlas.url)],
    watches: names.map((instanceName) => watchOf({ instanceName, name: instanceName })),
    ...toldTo(receiver.url, ['finished']),
  });
  const daemon = await startWatcher(bench.image, home);
  try {
    await daemon.polled();
    bench.say(`${count(changes * WATCHES)} changes, one after the other`);
    for (let change = 0; change < changes; change += 1) {
      for (const name of names) {
        await delay(PAUSE_MS / WATCHES);
        await atlas.finish(name, change, 1);
      }
    }
    await until(async () => (await receiver.count()) >= changes * WATCHES, LOOK_EVERY_MS);
    const shares = await ownShares(atlas, receiver, names);
    const [p50, p99] = [quantile(shares, 0.5), quantile(shares, 0.99)];
    return [
      {
        what: `own share of detection latency, ${count(shares.length)} changes: p99`,
        goal: atMost(`${WANTED_P99_MS} ms`, [p99, WANTED_P99_MS]),
        got: `${span(p99)} (median ${span(p50)})`,
      },
    ];
  } finally {
    await daemon.stop();
    await Promise.all([atlas.stop(), receiver.stop()]);
    await home.remove();
  }
}

/** The jobs of the instances have the same ids, so arrivals are told apart by what the message says of its instance. */
async function ownShares(atlas: Atlas, receiver: Receiver, names: readonly string[]): Promise<number[]> {
  const arrived = new Map((await receiver.receipts()).map(({ job, atMs }) => [job, atMs]));
  const shares: number[] = [];
  for (const name of names) {
    for (const [id, shownAt] of (await atlas.look(name)).shownAt) {
      const at = arrived.get(`${name}/${id}`);
      if (at === undefined) throw new Error(`nothing came of ${id} on ${name}`);
      shares.push(at - shownAt);
    }
  }
  return shares;
}
