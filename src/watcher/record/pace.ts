/** So long, in milliseconds, the event loop may stand still while jobs are written. Half of what anybody should notice: others have their share. */
const TURN_MS = 25;

/**
 * What each transaction costs by itself, its flush above all, counts as theirs: on a slow disk a turn with fewer would be no shorter, and
 * there would be many times as many.
 */
const FEWEST_JOBS = 50;
/** More gain nothing: the flush of a transaction is a small part of it by then. */
const MOST_JOBS = 250;
/** Before anything is known. The first ones take longest. */
const FIRST_JOBS = 50;

/** How many jobs are written in one turn of the event loop. */
export interface Pace {
  /** So many fit into a turn, going by those that have been. */
  readonly jobs: number;
  /** Takes in how long a turn with so many jobs took, in milliseconds. */
  took(jobs: number, ms: number): void;
}

/**
 * Begins with few jobs, and finds out how many fit: at most twice as many in each turn as in the one before, and fewer at once when it took
 * too long. A number that is right on one machine holds up everything on another, and on the same one while that has other work.
 */
export function createPace(): Pace {
  let jobs = FIRST_JOBS;
  return {
    get jobs() {
      return jobs;
    },
    took: (done, ms) => {
      if (done < FEWEST_JOBS) return;
      const fit = Math.floor((done * TURN_MS) / Math.max(ms, 1));
      jobs = Math.max(FEWEST_JOBS, Math.min(fit, 2 * jobs, MOST_JOBS));
    },
  };
}
