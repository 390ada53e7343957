import { isWildcard, type Watch } from '../job/watch.ts';
import { isTold } from './feed-events.ts';
import type { Distrust, Trust } from './trust.ts';

/** After an event all targets of the project are polled so many times: Atlas shows a job a little later than it tells of it. */
const AFTER_EVENT_MS: readonly number[] = [0, 15_000, 45_000];

/** In a project with fewer targets the feed would cost as much as it spares. */
export const FEWEST_TARGETS = 3;

/** Atlas fills up the bucket of a feed by 100 requests a minute, for all who use the project, and a login may double ours. */
const LEAST_FEED_PERIOD_MS = 2_000;

/** A feed that has not answered for so many periods tells nothing. A tick may come a little early. */
const SILENT_AFTER_PERIODS = 1.9;

/**
 * Why all targets of a project are polled at every tick. `few` targets; `seldom`: the schedule asks no more often than sweeps come;
 * `proving`, `missed`, `refused`, `unreadable`: see `Trust`; `silent`: the feed does not answer at present.
 */
export const UNHINTED = [
  'few',
  'seldom',
  'proving',
  'missed',
  'refused',
  'unreadable',
  'silent',
] as const satisfies ReadonlyArray<'few' | 'seldom' | 'proving' | 'silent' | Distrust>;

/** How the targets of a project are polled. `hint`: when the feed tells of something, and in sweeps. Else all of them at every tick. */
export type PollMode = 'hint' | (typeof UNHINTED)[number];

/** Whether the activity feeds of its projects can help a watch: it has to look for its targets, and of such jobs feeds tell. */
export function mayBeHinted(
  watch: Pick<Watch, 'hint' | 'kind' | 'apiVersion' | 'groupId' | 'instanceName'>,
): boolean {
  return watch.hint === 'auto' && isWildcard(watch) && watch.apiVersion === 'v2' && isTold(watch.kind);
}

/** Whether the activity feeds of its projects are to tell who began the restores of a watch, and do so of its kind. */
export function asksForActors({
  actors,
  apiVersion,
  kind,
}: Pick<Watch, 'actors' | 'apiVersion' | 'kind'>): boolean {
  return actors && apiVersion === 'v2' && isTold(kind);
}

/** From one look at a feed to the next, in milliseconds, for a watch that ticks so often. */
export function feedPeriodMs(gapMs: number): number {
  return Math.max(gapMs, LEAST_FEED_PERIOD_MS);
}

/** What decides how a project is polled. Spans are milliseconds. */
export interface ProjectFacts {
  /** Targets of the watch there. */
  targets: number;
  /** From one tick to the next. */
  gapMs: number;
  /** From one sweep to the next, as configured. */
  sweepEveryMs: number;
  trust: Pick<Trust, 'standing' | 'reason'>;
  /** Since the feed answered last; `null`: it never has. */
  unheardMs: number | null;
}

/** Whether the feed of a project is worth asking: it is relied on, or may prove itself. */
export function isWorthAsking({
  targets,
  gapMs,
  sweepEveryMs,
  trust,
}: Omit<ProjectFacts, 'unheardMs'>): boolean {
  return targets >= FEWEST_TARGETS && gapMs < sweepEveryMs && trust.standing !== 'distrusted';
}

/** How the targets of a project are polled. */
export function modeOf(facts: ProjectFacts): PollMode {
  const { targets, gapMs, sweepEveryMs, trust, unheardMs } = facts;
  if (targets < FEWEST_TARGETS) return 'few';
  if (gapMs >= sweepEveryMs) return 'seldom';
  if (trust.standing === 'distrusted') return trust.reason ?? 'missed';
  if (unheardMs === null || unheardMs >= SILENT_AFTER_PERIODS * feedPeriodMs(gapMs)) return 'silent';
  return trust.standing === 'proving' ? 'proving' : 'hint';
}

/** What is known of one target. All that ends in `Mono` is by a clock that cannot step. */
export interface TargetFacts {
  /** It was read since the process began. */
  isRead: boolean;
  /** Its last poll failed. */
  isFailing: boolean;
  hasRunningJobs: boolean;
  /** When its last poll began. */
  begunMono: number;
  /** In [0, 1): where in the time between two sweeps it comes; the same each time. */
  phase: number;
}

/** What the feed of its project has told, and how often it is swept. */
export interface HintFacts {
  mode: PollMode;
  /** From one tick to the next. */
  gapMs: number;
  /** From one sweep to the next; see `sweepMsOf`. */
  sweepMs: number;
  /** When events came that were news, the latest last. */
  newsMono: readonly number[];
}

/** Why a target is polled. `all`: every target of its project is. */
export type Due = 'all' | 'unread' | 'failing' | 'running' | 'event' | 'sweep';

/** Why a target is to be polled now; `null`: it is not. */
export function dueOf(target: TargetFacts, hint: HintFacts, nowMono: number): Due | null {
  if (hint.mode !== 'hint') return 'all';
  if (isDueByEvent(target, hint.newsMono, nowMono)) return 'event';
  if (!target.isRead) return 'unread';
  if (target.isFailing) return 'failing';
  if (target.hasRunningJobs) return 'running';
  return isSwept(target, hint, nowMono) ? 'sweep' : null;
}

/** When targets are due next because of an event; `null`: no event asks for more. */
export function nextByEvent(newsMono: readonly number[], nowMono: number): number | null {
  const ahead = newsMono.flatMap((at) => AFTER_EVENT_MS.map((ms) => at + ms)).filter((at) => at > nowMono);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** The news that may still ask for polls. */
export function livelyNews(newsMono: readonly number[], nowMono: number): number[] {
  const longest = Math.max(...AFTER_EVENT_MS);
  // Whoever is held up polls later.
  return newsMono.filter((at) => nowMono - at <= 2 * longest);
}

function isDueByEvent({ begunMono }: TargetFacts, newsMono: readonly number[], nowMono: number): boolean {
  return newsMono.some((at) => AFTER_EVENT_MS.some((ms) => at + ms <= nowMono && begunMono < at + ms));
}

/** Sweeps are spread evenly: each target has a place of its own between two. A poll in between does not put its sweep off. */
function isSwept({ begunMono, phase }: TargetFacts, { gapMs, sweepMs }: HintFacts, nowMono: number): boolean {
  if (sweepMs <= gapMs) return true;
  const roundAt = (mono: number): number => Math.floor(mono / sweepMs - phase);
  return roundAt(nowMono) > roundAt(begunMono);
}
