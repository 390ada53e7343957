import { accessSync, chmodSync, constants, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const IN_MEMORY = '/dev/shm';
const NAME = 'restore-watcher-tests-';

const GIB = 1024 ** 3;
/** What a whole run leaves lying at the same time is below one of these. */
const ROOM_BYTES = 4 * GIB;
/** So much must be left to the tests themselves besides. */
const MEMORY_BYTES = 8 * GIB;

/**
 * Has every temporary folder of the tests lie in memory, where there is enough: thousands of small commits are flushed to the disk
 * otherwise, and each of them has its worker wait. It changes nothing else: what is lost without a disk is lost with the machine.
 */
export function setup(): () => void {
  if (!hasRoom()) return () => {};
  removeLeftOvers();
  const folder = join(IN_MEMORY, `${NAME}${process.pid}`);
  mkdirSync(folder);
  // Programs that run as somebody else have their places here as well. As /tmp is.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function hasRoom(): boolean {
  if (process.env.TMPDIR !== undefined || process.availableMemory() < MEMORY_BYTES) return false;
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

/** Of runs that were killed. */
function removeLeftOvers(): void {
  for (const name of readdirSync(IN_MEMORY)) {
    if (!name.startsWith(NAME) || isRunning(Number(name.slice(NAME.length)))) continue;
    rmSync(join(IN_MEMORY, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
