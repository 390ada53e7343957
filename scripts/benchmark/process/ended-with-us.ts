import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

/** Has the child end when this process ends. Signals have to lead to an orderly exit for that; see `temporary-folder.ts`. */
export function endWithUs(child: ChildProcess): void {
  if (children.size === 0) process.prependListener('exit', killAll);
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    if (children.size === 0) process.off('exit', killAll);
  });
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
