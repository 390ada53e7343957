import { makeHome } from '../../../test/support/daemon.ts';
import type { Atlas } from '../atlas/atlas.ts';
import type { InstanceLook } from '../atlas/orders.ts';
import type { Bench } from '../bench.ts';
import { startFloor } from '../floor/floor.ts';
import { type Memory, memoryOf } from '../process/process-cost.ts';
import { configOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { until } from '../until.ts';
import type { Watched } from '../watched.ts';

/** How long the daemon and the bare loop run beside each other. */
export interface PairOrder {
  /** Polls that are let pass before anything counts: programs begin slowly. */
  warmUp: number;
  windows: number;
  pollsPerWindow: number;
}

/** What polling cost one of the two. */
export interface Side {
  /** CPU time of a poll in milliseconds, once for each window. */
  cpuMsPerPoll: number[];
  requestsPerPoll: number;
  /** At the end. */
  memory: Memory;
}

const LOOK_EVERY_MS = 100;

/**
 * Lets the daemon and the bare loop poll the same, each an instance of its own, at the same time: what the machine does to the one,
 * it does to the other. Gives what each took in the same windows.
 */
export async function measurePair(
  { image }: Bench,
  atlas: Atlas,
  watched: Watched & { floorInstance: string },
  order: PairOrder,
): Promise<{ daemon: Side; floor: Side }> {
  const { instanceName, ids, floorInstance } = watched;
  const home = await makeHome(
    configOf(atlas.url, { instanceName, ...(ids.length > 0 ? { restoreJobIds: ids } : {}) }),
  );
  const daemon = await startWatcher(image, home);
  try {
    await daemon.polled();
    const floor = await startFloor(atlas.url, { ...watched, instanceName: floorInstance });
    try {
      await Promise.all([atlas.meter(instanceName, daemon.pid), atlas.meter(floorInstance, floor.pid)]);
      const [ours, bare] = await Promise.all([
        Promise.race([measureSide(atlas, instanceName, daemon.pid, order), daemon.failed]),
        Promise.race([measureSide(atlas, floorInstance, floor.pid, order), floor.failed]),
      ]);
      await daemon.polled();
      return { daemon: ours, floor: bare };
    } finally {
      await floor.stop();
    }
  } finally {
    await daemon.stop();
    await home.remove();
  }
}

async function measureSide(
  atlas: Atlas,
  instanceName: string,
  pid: number,
  { warmUp, windows, pollsPerWindow }: PairOrder,
): Promise<Side> {
  const before = (await atlas.look(instanceName)).polls.length;
  const first = before + warmUp;
  const last = first + windows * pollsPerWindow;
  let look: InstanceLook | null = null;
  await until(async () => {
    look = await atlas.look(instanceName);
    return look.polls.length > last;
  }, LOOK_EVERY_MS);
  const memory = memoryOf(pid);
  const { polls } = look ?? (await atlas.look(instanceName));
  const at = (index: number) => polls[index] ?? { cpuMs: Number.NaN, requests: Number.NaN, atMs: Number.NaN };
  return {
    cpuMsPerPoll: Array.from({ length: windows }, (_, window) => {
      const begin = first + window * pollsPerWindow;
      return (at(begin + pollsPerWindow).cpuMs - at(begin).cpuMs) / pollsPerWindow;
    }),
    requestsPerPoll: (at(last).requests - at(first).requests) / (last - first),
    memory,
  };
}
