import { readFileSync } from 'node:fs';

/** What systems without /proc grant at least: macOS. */
const USUAL_DESCRIPTORS = 256;

/** So many are the process's own before anything else: the store, the log, Node itself, and sockets to Atlas and to receivers. */
const OWN_DESCRIPTORS = 64;

const FEWEST_CONNECTIONS = 4;
/** Enough for every scraper, probe and browser; few enough that all of them at once hold nothing up. */
const MOST_CONNECTIONS = 100;

/**
 * Says how many connections the status server may hold, so that at least half of the file descriptors of this process stay free for
 * polls, deliveries and the store: without one, none of these can be done.
 */
export function connectionLimit(descriptors: number): number {
  const half = Math.floor((descriptors - OWN_DESCRIPTORS) / 2);
  return Math.min(Math.max(half, FEWEST_CONNECTIONS), MOST_CONNECTIONS);
}

/** Reads how many files and sockets this process may have open (`ulimit -n`; Node has raised it to the hard limit by now). */
export function descriptorLimit(): number {
  try {
    const line = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line?.[1] ?? USUAL_DESCRIPTORS);
  } catch {
    return USUAL_DESCRIPTORS;
  }
}
