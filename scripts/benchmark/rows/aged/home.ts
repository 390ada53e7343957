import { copyFile, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Home, makeHome } from '../../../../test/support/daemon.ts';
import { makeAgedStore } from '../../aged-store.ts';
import type { Atlas } from '../../atlas/atlas.ts';
import type { Bench } from '../../bench.ts';
import { connectionTo, watchOf } from '../../program/config.ts';
import { startWatcher } from '../../program/watcher.ts';
import type { Receiver } from '../../receiver/receiver.ts';
import { until } from '../../until.ts';
import type { Known } from './questions.ts';

/** Of the aged store, as it makes them; the third watch looks for its instances itself. */
const WATCHES = ['orders', 'payments', 'estate', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];
const CHANNELS = ['siem', 'oncall', 'dba'];
const ESTATE = 20;

const IN_SHORT = { jobs: 2_000, auditEntries: 3_000 };
/** Nothing is polled while it is measured. */
const ONCE_A_YEAR = '0 0 4 1 1 *';
const STILL_FOR_MS = 1_500;

/** A home with an old store, or with an empty one, and a configuration that goes on with it. */
export async function homeOf(atlas: Atlas, receiver: Receiver): Promise<Home> {
  return makeHome({
    connections: [connectionTo(atlas.url)],
    watches: WATCHES.map((name) =>
      watchOf({
        name,
        instanceName: name === 'estate' ? '*' : name,
        schedule: ONCE_A_YEAR,
      }),
    ),
    channels: CHANNELS.map((name) => ({ name, type: 'webhook', url: receiver.url })),
    routes: [{ events: ['*'], channels: [CHANNELS[0]] }],
  });
}

/** Puts the instances of the old store's jobs into Atlas. */
export async function putInstances(atlas: Atlas): Promise<void> {
  const estate = Array.from({ length: ESTATE }, (_, index) => `estate-${index}`);
  for (const instanceName of [...WATCHES.filter((name) => name !== 'estate'), ...estate])
    await atlas.put({ instanceName, count: 0, state: 'ended' });
}

/** Puts an old store into the home, lets a daemon bring it up to date and write the mirror of its audit log, and gives what is in it. */
export async function age(bench: Bench, home: Home): Promise<Known> {
  if (bench.agedStore !== null) {
    bench.say('copying the old store');
    await copyFile(bench.agedStore, home.dbFile);
  } else {
    bench.say('making the old store');
    await makeAgedStore({ path: home.dbFile, ...(bench.isShort ? IN_SHORT : {}) });
  }
  const jobs = someJobs(home.dbFile);
  bench.say('the first start on it, and the mirror of its audit log');
  await settle(bench, home);
  return { watches: WATCHES, channels: CHANNELS, jobs };
}

/** Runs a daemon until it has polled and its mirror of the audit log grows no more. */
export async function settle({ image }: Bench, home: Home): Promise<void> {
  const daemon = await startWatcher(image, home);
  try {
    await daemon.polled();
    let before = -1;
    await until(async () => {
      const { size } = await stat(home.auditFile).catch(() => ({ size: 0 }));
      const isStill = size === before;
      before = size;
      await delay(STILL_FOR_MS);
      return isStill;
    }, 0);
  } finally {
    await daemon.stop();
  }
}

function someJobs(dbFile: string): string[] {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    const ids = db
      .prepare('select job_id as id from observation where watch = ? order by job_id')
      .all('orders');
    return [0.001, 0.5, 0.999].map((share) => String(ids[Math.floor(share * ids.length)]?.id));
  } finally {
    db.close();
  }
}
