import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ScaleCase, ScaleResult } from './case.ts';

const PROCESS = fileURLToPath(new URL('./estate-process.ts', import.meta.url));

/** Lives through a case in a process of its own. @throws when that fails. */
export function measureCase(scale: ScaleCase): ScaleResult {
  const args = ['--disable-warning=ExperimentalWarning', PROCESS, JSON.stringify(scale)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the case has failed: ${stderr}`);
  return JSON.parse(stdout) as ScaleResult;
}

/** A case that takes no more than a few seconds. */
export function shortened(scale: ScaleCase): ScaleCase {
  return {
    ...scale,
    projects: Math.min(scale.projects, 4),
    minutes: Math.min(scale.minutes, 20),
    restores: 4,
  };
}
