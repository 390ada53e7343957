import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './image.ts';

const PROGRAM = 'dist/main.js';
/** What the built program is made of. */
const MADE_OF = [
  'src/**/*',
  'package.json',
  'package-lock.json',
  'tsconfig*.json',
  'scripts/build.ts',
  'scripts/build/**/*',
];

/** Builds the program as the image has it, unless it is there and newer than its sources. @throws when the build fails. */
export function buildIfOld(say: (text: string) => void): void {
  const builtAt = statSync(join(ROOT, PROGRAM), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const changedAt = Math.max(
    ...globSync(MADE_OF, { cwd: ROOT }).map((path) => statSync(join(ROOT, path)).mtimeMs),
  );
  if (builtAt > changedAt) return;
  say('npm run build');
  const { status } = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('npm run build failed');
}
