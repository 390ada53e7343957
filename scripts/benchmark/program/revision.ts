import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageProgram, imageOf, ROOT } from './image.ts';

/** A program of another revision, as its image runs it. */
export interface OtherProgram {
  image: ImageProgram;
  /** Takes it away. */
  remove(): void;
}

/**
 * Builds the program of another revision in a folder of its own, with the packages of this checkout: it has to be near enough to do with them.
 * @throws {Error} when there is no such revision, or it cannot be built.
 */
export function buildRevision(revision: string): OtherProgram {
  const dir = join(mkdtempSync(join(tmpdir(), 'revision-')), 'checkout');
  const run = (command: string, args: readonly string[], cwd: string): void => {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  run('git', ['worktree', 'add', '--detach', dir, revision], ROOT);
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  run('npm', ['run', '-s', 'build'], dir);
  return {
    image: imageOf(readFileSync(join(dir, 'Dockerfile'), 'utf8'), dir),
    remove: () => run('git', ['worktree', 'remove', '--force', dir], ROOT),
  };
}
