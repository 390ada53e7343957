import { makeHome } from '../../../test/support/daemon.ts';
import { type Atlas, startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { startFloor } from '../floor/floor.ts';
import { configOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { count, median } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { until } from '../until.ts';

const JOBS = { long: 2_000, short: 20 };
const STARTS = { long: 7, short: 1 };
const JOBS_PER_PAGE = 500;
const WANTED_SECONDS = 0.45;
const LOOK_EVERY_MS = 5;
const MS_PER_SECOND = 1_000;

/** How long it takes from the start of the process until its first poll has been recorded. */
export const START_ROW: Row = { name: 'start', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const [jobs, starts] = bench.isShort ? [JOBS.short, STARTS.short] : [JOBS.long, STARTS.long];
  const atlas = await startAtlas();
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < starts; turn += 1) {
      bench.say(`start ${turn + 1} of ${starts} with ${count(jobs)} jobs`);
      const [instanceName, floorInstance] = [`start-${turn}`, `floor-${turn}`];
      for (const name of [instanceName, floorInstance])
        await atlas.put({ instanceName: name, count: jobs, state: 'ended' });
      ours.push(await startSeconds(bench, atlas, instanceName, jobs));
      const floor = await startFloor(atlas.url, {
        instanceName: floorInstance,
        ids: [],
        firstPageOnly: false,
      });
      await floor.stop();
      bare.push(floor.firstPollSeconds);
    }
    const range = `${Math.min(...ours).toFixed(2)} to ${Math.max(...ours).toFixed(2)}`;
    return [
      {
        what: `start to the end of the first poll of ${count(jobs)} jobs, median of ${starts}`,
        goal: atMost(`${WANTED_SECONDS} s`, [median(ours), WANTED_SECONDS]),
        got: `${median(ours).toFixed(2)} s (${range})`,
        floor: `${median(bare).toFixed(2)} s`,
      },
    ];
  } finally {
    await atlas.stop();
  }
}

async function startSeconds(
  { image }: Bench,
  atlas: Atlas,
  instanceName: string,
  jobs: number,
): Promise<number> {
  const home = await makeHome(configOf(atlas.url, { instanceName }));
  const daemon = await startWatcher(image, home);
  try {
    // The daemon is not asked before its last page has gone out: an answer would cost it time as well.
    const pages = Math.ceil(jobs / JOBS_PER_PAGE);
    await until(async () => (await atlas.look(instanceName)).answers >= pages, LOOK_EVERY_MS);
    await daemon.polled();
    return (performance.now() - daemon.startedAt) / MS_PER_SECOND;
  } finally {
    await daemon.stop();
    await home.remove();
  }
}
