import type { ShownState } from '../../views/shown-state.ts';

/** A state as people say it. */
export const STATE_WORDS: Readonly<Record<ShownState, string>> = {
  in_progress: 'running',
  ready: 'ready',
  finished: 'finished',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  unknown: 'unknown',
  missing: 'gone from Atlas',
};
