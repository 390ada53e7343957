import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GROUP_ID, KEYS } from '../atlas/jobs.ts';
import { plainScript } from '../plain-script.ts';
import { endWithUs } from '../process/ended-with-us.ts';
import type { Watched } from '../watched.ts';

/** The bare loop, running. */
export interface Floor {
  readonly pid: number;
  /** From its start to the end of its first poll. */
  readonly firstPollSeconds: number;
  /** Rejects when it ends by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Starts the bare loop, and resolves when it has polled once. @throws when it ends before. */
export async function startFloor(
  origin: string,
  { instanceName, ids, firstPageOnly }: Watched,
): Promise<Floor> {
  const dir = await mkdtemp(join(tmpdir(), 'floor-loop-'));
  const file = await plainScript(new URL('./floor-loop.ts', import.meta.url), dir);
  const path = `/api/atlas/v1.0/groups/${GROUP_ID}/serverless/${instanceName}/backup/restoreJobs`;
  const order = JSON.stringify({ origin, path, ...KEYS, ids, firstPageOnly });

  const startedAt = performance.now();
  const child = spawn(process.execPath, [file, order], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  const failed = ended.then(([code]) => {
    throw new Error(`the bare loop ended by itself, with ${code}`);
  });
  failed.catch(() => undefined);
  const polled = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)]);
  if (polled === null) {
    await stop();
    throw new Error('the bare loop ended by itself');
  }
  return { pid: child.pid ?? -1, firstPollSeconds: (performance.now() - startedAt) / 1_000, failed, stop };
}
