import { formatBound, formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { ExpectedEnd } from '../../domain/job/eta.ts';
import type { Noticed } from '../../domain/job/observation.ts';
import { otherProjectOf, type RestoreJob } from '../../domain/job/restore-job.ts';
import { tookOf } from '../../domain/job/took.ts';
import type { ShownState } from '../../views/shown-state.ts';
import type { Colour } from './output.ts';

export const STATE_COLOURS: Readonly<Partial<Record<ShownState, Colour>>> = {
  in_progress: 'bold',
  ready: 'green',
  finished: 'green',
  failed: 'red',
  cancelled: 'yellow',
  expired: 'yellow',
  missing: 'yellow',
};

/** `orders → orders-copy`, and where that lies in another project: `Cluster0 → Cluster0 (stage)` */
export function routeOf(job: RestoreJob | null): string {
  if (job === null) return '?';
  const target = job.targetClusterName ?? (job.deliveryType === 'download' ? 'download' : '?');
  const project = otherProjectOf(job);
  return `${job.instanceName} → ${target}${project === null ? '' : ` (${project})`}`;
}

/**
 * From its creation to its first outcome; a running job is timed until `now`. `≤ 34 s`: its end was only seen between two looks, and
 * `noticed` says when.
 */
export function tookText(job: RestoreJob | null, now: Timestamp, noticed: Noticed = {}): string {
  if (job === null) return '?';
  if (job.reached.length < 2) return formatSpan(now - job.createdAt);
  const took = tookOf(job, noticed);
  if (took === null) return '?';
  return took.isAtMost ? boundText(took.ms) : formatSpan(took.ms);
}

/** `≤ 34 s` */
export function boundText(ms: number): string {
  return `≤ ${formatBound(ms)}`;
}

/** The same in a sentence: `12 min so far` where it runs still, `at most 34 s`; empty where nobody knows. */
export function spanOf(job: RestoreJob | null, now: Timestamp, noticed: Noticed = {}): string {
  if (job === null) return '';
  if (job.reached.length < 2) return `${tookText(job, now)} so far`;
  const took = tookOf(job, noticed);
  if (took === null) return '';
  return took.isAtMost ? `at most ${formatBound(took.ms)}` : formatSpan(took.ms);
}

/** `42 %, about 3 min left`, `over the usual 4 min`; empty when nothing tells. */
export function etaText(eta: ExpectedEnd | null, now: Timestamp): string {
  if (eta === null) return '';
  if (eta.basis === 'history' && eta.isOverdue) return `over the usual ${formatSpan(eta.usualMs)}`;
  const leftMs = eta.at - now;
  const left = leftMs < 1_000 ? 'about done' : `about ${roughSpan(leftMs)} left`;
  return eta.basis === 'progress' ? `${percentOf(eta.doneShare)} %, ${left}` : left;
}

/** The same where there is little room: `42 %, 3 min left`, `over 4 min`. */
export function shortEtaText(eta: ExpectedEnd | null, now: Timestamp): string {
  return etaText(eta, now)
    .replace(/about (?=\d)/, '')
    .replace('the usual ', '');
}

/** To the minute from two minutes on: more would promise what nobody knows. */
function roughSpan(ms: number): string {
  return formatSpan(ms < 120_000 ? ms : Math.round(ms / 60_000) * 60_000);
}

/** Rounded down: 100 is said only when all is done. */
export function percentOf(share: number): number {
  return Math.floor(share * 100);
}
