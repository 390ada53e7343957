import type { Bench, Row } from '../bench.ts';
import { measureDiskGrowth } from '../disk/disk-growth.ts';
import type { OnDisk } from '../disk/disk-world.ts';
import type { Line } from '../report/line.ts';

const SHORT = { jobs: 20, idlePolls: 10, waiting: [1] };

/** By how much the files grow. */
export const DISK_ROW: Row = { name: 'disk', measure };

async function measure({ isShort, say, detail }: Bench): Promise<Line[]> {
  say('growth of store and mirror');
  const { perJob, perPrunedJob, perDelivery, perIdleDay, failingDays } = await measureDiskGrowth(
    isShort ? SHORT : {},
  );
  detail(
    'Disk',
    ['for each', 'store', 'mirror'],
    [
      ['job with two events, told on one channel', ...inKb(perJob)],
      ['the same once it was pruned', ...inKb(perPrunedJob)],
      ['event on each further channel', ...inKb(perDelivery)],
      ['day of a watch on which nothing changes', ...inKb(perIdleDay)],
      ...failingDays.map((day) => [
        `first day of a receiver that takes nothing, ${day.waiting} waiting (${day.attempts} attempts)`,
        ...inKb(day),
      ]),
    ],
  );
  return [];
}

function inKb({ store, mirror }: OnDisk): [store: string, mirror: string] {
  const kb = (bytes: number): string => (bytes === 0 ? '0' : `${(bytes / 1_000).toFixed(1)} KB`);
  return [kb(store), kb(mirror)];
}
