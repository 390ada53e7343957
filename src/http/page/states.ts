import type { Level } from '../../views/page/state.ts';
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

/** How a state is marked where it stands alone. */
export const STATE_LEVELS: Readonly<Record<ShownState, Level>> = {
  in_progress: 'starting',
  ready: 'fine',
  finished: 'fine',
  failed: 'problem',
  cancelled: 'warning',
  expired: 'warning',
  unknown: 'starting',
  missing: 'warning',
};
