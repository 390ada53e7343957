import { fileURLToPath } from 'node:url';
import { type Served, startServed } from '../process/orders.ts';
import { GROUP_ID } from './jobs.ts';
import type { AtlasOrder, InstanceLook, PutJobs } from './orders.ts';

const SCRIPT = fileURLToPath(new URL('./atlas-process.ts', import.meta.url));

/** The simulated Atlas in a process of its own, so that what it costs is not counted. */
export interface Atlas {
  readonly url: string;
  /** Puts jobs with the numbers `from` (0 unless given) to `from + count - 1` on an instance. */
  put(order: Pick<PutJobs, 'instanceName' | 'count' | 'state'> & Partial<PutJobs>): Promise<void>;
  /** Has these jobs end now, all in one instant. */
  finish(instanceName: string, from: number, count: number): Promise<void>;
  /** Reads this process's CPU time whenever it polls the instance. */
  meter(instanceName: string, pid: number): Promise<void>;
  look(instanceName: string): Promise<InstanceLook>;
  stop(): Promise<void>;
}

/** Starts a simulated Atlas that lists jobs in this order. */
export async function startAtlas(order: 'oldest first' | 'newest first' = 'oldest first'): Promise<Atlas> {
  const served: Served<AtlasOrder, InstanceLook | null> = await startServed(SCRIPT, [
    order === 'newest first' ? 'newest' : 'insertion',
  ]);
  return {
    url: served.url,
    put: async (jobs) => {
      await served.ask({ do: 'put', groupId: GROUP_ID, from: 0, ...jobs });
    },
    finish: async (instanceName, from, count) => {
      await served.ask({ do: 'finish', instanceName, from, count });
    },
    meter: async (instanceName, pid) => {
      await served.ask({ do: 'meter', instanceName, pid });
    },
    look: async (instanceName) => {
      const look = await served.ask({ do: 'look', instanceName });
      if (look === null) throw new Error('the simulated Atlas did not look');
      return look;
    },
    stop: served.stop,
  };
}
