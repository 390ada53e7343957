/** How often the watcher looks around by itself, and how late it may be, in milliseconds. */
export interface Pace {
  /** From one sign of life to the next. */
  beatEveryMs: number;
  /** A beat that comes so late tells that the event loop was blocked, or that the whole process or machine stood still. */
  lateAfterMs: number;
  /** What the clock alone, or another process, makes due is looked for so often: in the outbox, for fallbacks, for reminders. */
  lookEveryMs: number;
}

/** The pace of a daemon outside of tests. */
export const USUAL_PACE: Readonly<Pace> = { beatEveryMs: 1_000, lateAfterMs: 10_000, lookEveryMs: 5_000 };
