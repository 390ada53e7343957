import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

/** Has the child end when this process ends, however it does: by a signal too, unless that leaves no time. */
export function endWithUs(child: ChildProcess): void {
  if (children.size === 0) {
    process.once('exit', killAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
  }
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    if (children.size > 0) return;
    process.off('exit', killAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, leave);
  });
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

function leave(): void {
  process.exit(1);
}
