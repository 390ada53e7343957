import type { Observation } from '../../src/domain/job/observation.ts';
import type { Milestone } from '../../src/domain/job/restore-job.ts';
import type { Comparison, ComparisonContext, Transition } from '../../src/domain/job/transition.ts';
import { aJob, anObservation, MINUTE, T0 } from './builders.ts';

export const NOW = T0 + 15 * MINUTE;
export const NOTHING: Comparison = {
  observation: null,
  transitions: [],
  newAnomaly: null,
  standing: [],
};

export function aContext(over: Partial<ComparisonContext> = {}): ComparisonContext {
  return {
    watch: 'orders',
    now: NOW,
    lastLookAt: null,
    firstSight: 'new',
    announceExisting: false,
    lateAfterMs: 2 * MINUTE,
    ...over,
  };
}

/** What was recorded of a job that had these outcomes. */
export function recorded(...outcomes: Milestone[]): Observation {
  return anObservation(aJob(outcomes));
}

export function names(comparison: Comparison): Milestone[] {
  return comparison.transitions.map(({ milestone }) => milestone);
}

export function announced(comparison: Comparison): Milestone[] {
  return comparison.transitions
    .filter(({ verdict }) => verdict === 'announce')
    .map(({ milestone }) => milestone);
}

export function the(comparison: Comparison, milestone: Milestone): Transition {
  const found = comparison.transitions.find((transition) => transition.milestone === milestone);
  if (!found) throw new Error(`no transition ${milestone}`);
  return found;
}

export function written(comparison: Comparison): Observation {
  if (!comparison.observation) throw new Error('nothing was written');
  return comparison.observation;
}

/** The outcomes of each life that a reading can show, by name. */
export const LIVES = {
  running: [],
  ready: ['ready'],
  finished: ['finished'],
  failed: ['failed'],
  cancelled: ['cancelled'],
  expired: ['expired'],
  'finished, expired': ['finished', 'expired'],
} as const satisfies Record<string, readonly Milestone[]>;
export type Life = keyof typeof LIVES;
