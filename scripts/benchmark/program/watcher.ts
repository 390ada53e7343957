import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Home } from '../../../test/support/daemon.ts';
import type { LoopProbe } from '../probe/loop.ts';
import { endWithUs } from '../process/ended-with-us.ts';
import { until } from '../until.ts';
import type { ImageProgram } from './image.ts';

/** The daemon as in the image, running in a home of its own. */
export interface Watcher {
  readonly pid: number;
  /** The address of its status server. */
  readonly url: string;
  /** When it was started, by `performance.now()`. */
  readonly startedAt: number;
  /** Rejects when it ends. */
  readonly failed: Promise<never>;
  /** Resolves once every watch (the first hundred) was polled, and the last poll of each went well. */
  polled(): Promise<void>;
  /** The value of a metric, all its series added up whose labels hold these texts. */
  metric(name: string, ...labels: string[]): Promise<number>;
  /** Ends it in good order, or at once. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const LOOK_EVERY_MS = 5;

/** Starts the daemon, and resolves when its status server listens. @throws with its last words when it ends before. */
export async function startWatcher(
  { entrypoint, env }: ImageProgram,
  home: Pick<Home, 'dir' | 'configFile'>,
  probe: Pick<LoopProbe, 'env'> | null = null,
): Promise<Watcher> {
  const [program = '', ...args] = entrypoint;
  const startedAt = performance.now();
  const child = spawn(program, [...args, 'run', '--config', home.configFile], {
    cwd: home.dir,
    env: { PATH: process.env.PATH, ...env, ...probe?.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  const ended = once(child, 'exit');
  let lastWords = '';
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lastWords = `${lastWords}\n${line}`.slice(-4_000);
      const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
      if (url !== undefined && line.includes('listening')) resolve(url);
    });
  }
  const failed = ended.then(([code]) => {
    throw new Error(`the daemon ended with ${code}:${lastWords}`);
  });
  failed.catch(reject);
  const url = await listening;
  return {
    pid: child.pid ?? -1,
    url,
    startedAt,
    failed,
    polled: () => until(() => wentWell(url), LOOK_EVERY_MS),
    metric: (name, ...labels) => metricOf(url, name, labels),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

async function wentWell(url: string): Promise<boolean> {
  const { items } = (await (await fetch(`${url}/api/v1/watches?limit=100`)).json()) as {
    items: Array<{ lastSuccessAt: string | null; fault: unknown }>;
  };
  return items.every(({ lastSuccessAt, fault }) => lastSuccessAt !== null && fault === null);
}

async function metricOf(url: string, name: string, labels: readonly string[]): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => new RegExp(`^restore_watcher_${name}[{ ]`).test(line))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
