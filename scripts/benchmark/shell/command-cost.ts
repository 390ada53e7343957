import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endWithUs } from '../process/ended-with-us.ts';
import { childrenOf, peakMib } from '../process/process-cost.ts';
import { shellTimesMs } from './times.ts';

/** What a command took. */
export interface CommandCost {
  /** User and system time, on average. */
  cpuMs: number;
  /** From its start to its end, on average. */
  wallMs: number;
  /** The most resident memory that it had. */
  peakMib: number;
}

const AGAIN_AND_AGAIN = 'for turn in $(seq "$TIMES"); do "$@" > /dev/null || exit 1; done; times > times';
const SAMPLE_EVERY_MS = 1;

/** Runs a command some times, one after the other, in the folder. @throws when it ends with anything but 0. */
export async function costOfCommand(
  command: readonly string[],
  { dir, env, times }: { dir: string; env: Readonly<Record<string, string>>; times: number },
): Promise<CommandCost> {
  const script = join(dir, 'again.sh');
  await writeFile(script, AGAIN_AND_AGAIN);
  const startedAt = performance.now();
  const shell = spawn('bash', [script, ...command], {
    cwd: dir,
    env: { PATH: process.env.PATH, ...env, TIMES: `${times}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  endWithUs(shell);
  let highest = 0;
  const sampling = setInterval(() => {
    highest = Math.max(highest, ...childrenOf(shell.pid ?? -1).map(peakMib));
  }, SAMPLE_EVERY_MS);
  const [code] = await once(shell, 'exit');
  clearInterval(sampling);
  const wallMs = (performance.now() - startedAt) / times;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  const cpu = shellTimesMs(await readFile(join(dir, 'times'), 'utf8'));
  return { cpuMs: cpu / times, wallMs, peakMib: highest };
}
