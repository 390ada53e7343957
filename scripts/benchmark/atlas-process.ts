import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import type { SimulatedJob } from '../../src/simulator/atlas/jobs/simulated-job.ts';
import { fail, finish, serverlessJob } from '../../src/simulator/atlas/scenario.ts';

/** The API key of the simulated Atlas. */
export const KEYS = { publicKey: 'benchmark', privateKey: 'benchmark-private-key' };
/** The one project of the simulated Atlas. */
export const GROUP_ID = '64b0c1d2e3f4a5b6c7d8e9f0';

/** `ended` jobs can no longer change; `running` ones are asked for at every poll. */
export interface InstanceOrder {
  instanceName: string;
  jobs: number;
  state: 'ended' | 'running';
}

/** The simulated Atlas in a process of its own, so that what it costs is not counted. */
export interface AtlasProcess {
  readonly url: string;
  addInstance(order: InstanceOrder): Promise<void>;
  count(): Promise<Counts>;
  stop(): Promise<void>;
}

/** What the simulated Atlas was asked so far. */
export interface Counts {
  /** Requests so far, login challenges included. */
  requests: number;
  /** Polls begun so far: requests behind the login for the first page of a list, or for the first job by id. */
  polls: number;
}

type Order = { add: InstanceOrder } | { count: true };
type Reply = { url: string } | Counts | { added: string };

/** What the child process does: it answers orders until it is disconnected. */
export async function serveAtlas(): Promise<void> {
  const atlas = await startAtlas(KEYS);
  const count = createCounter(atlas);
  const send = (reply: Reply): void => {
    process.send?.(reply);
  };
  process.on('message', (order: Order) => {
    if ('count' in order) return send(count());
    fill(atlas, order.add);
    send({ added: order.add.instanceName });
  });
  process.on('disconnect', () => void atlas.close());
  send({ url: atlas.url });
}

/** Starts `script` once more, as `script atlas`, which has to call `serveAtlas`. */
export async function startAtlasProcess(script: string): Promise<AtlasProcess> {
  const child = fork(script, ['atlas']);
  const [hello] = (await once(child, 'message')) as [{ url: string }];
  return {
    url: hello.url,
    addInstance: async (add) => {
      await ask(child, { add });
    },
    count: async () => {
      const reply = await ask(child, { count: true });
      if (!('polls' in reply)) throw new Error('the simulator did not count');
      return reply;
    },
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function ask(child: ChildProcess, order: Order): Promise<Reply> {
  const answer = once(child, 'message');
  child.send(order);
  const [reply] = (await answer) as [Reply];
  return reply;
}

/** Looks at each request once. */
function createCounter({ requests }: AtlasSimulator): () => Counts {
  const firstOfPoll = new RegExp(`/restoreJobs(\\?(?!.*pageNum=(?!1\\b))|/${jobId(0)}(?![0-9a-f]))`);
  let looked = 0;
  let polls = 0;
  return () => {
    for (; looked < requests.length; looked += 1) {
      const request = requests[looked];
      if (request?.authenticated && firstOfPoll.test(request.path)) polls += 1;
    }
    return { requests: requests.length, polls };
  };
}

function fill(atlas: AtlasSimulator, { instanceName, jobs, state }: InstanceOrder): void {
  atlas.addInstance(GROUP_ID, instanceName);
  for (let number = 0; number < jobs; number += 1) {
    atlas.putJob(GROUP_ID, instanceName, aJob(number, state));
  }
}

/** The id of the job with this number, on every instance. */
export function jobId(number: number): string {
  return createdAtSeconds(number).toString(16).padStart(8, '0') + number.toString(16).padStart(16, '0');
}

function createdAtSeconds(number: number): number {
  return Date.parse('2026-01-01T00:00:00Z') / 1_000 + number * 60;
}

function aJob(number: number, state: InstanceOrder['state']): SimulatedJob {
  const createdAt = createdAtSeconds(number) * 1_000;
  const job = serverlessJob({ id: jobId(number), createdAt, instance: 'orders', targetGroupId: GROUP_ID });
  const endedAt = createdAt + 840_000;
  if (state === 'running') return job;
  return number % 10 === 0 ? fail(endedAt)(job) : finish(endedAt)(job);
}
