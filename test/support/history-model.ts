import { type JobState, MILESTONES, type Milestone } from '../../src/domain/job/restore-job.ts';
import type { History, Look } from './histories.ts';

/** What comes of one look at one job. */
export interface Outcome {
  poll: number;
  transitions: Array<{
    milestone: Milestone;
    occurredAt: number;
    verdict: 'announce' | 'baseline';
    inferred: boolean;
    late: boolean;
  }>;
  /** As recorded after the look. */
  state: JobState;
  isWritten: boolean;
  wentMissing: boolean;
  newAnomaly: 'backwards' | 'unreadable' | null;
}

type Shown = Extract<Look, { kind: 'shown' }>;

/**
 * Says what must come of every look at one job. It has the whole list at hand and keeps nothing from look to look, whereas the code
 * under test sees one look and what it recorded: a milestone belongs to the first look that shows it.
 */
export function expectedOutcomes(history: History, looks: readonly Look[], lateAfterMs: number): Outcome[] {
  return looks.map((look, index) => {
    const before = looks.slice(0, index);
    const oddity = oddityOf(look, before);
    return {
      poll: look.poll,
      transitions: look.kind === 'shown' ? transitionsOf(look, before, history, lateAfterMs) : [],
      state: stateAfterLooks([...before, look]),
      isWritten: index === 0 || whatWasSeen(looks, index) !== whatWasSeen(looks, index - 1),
      wentMissing: look.kind === 'not found' && notFoundInARow(looks, index) === 2,
      newAnomaly: oddity === null || oddity === standingOddity(before) ? null : kindOf(look),
    };
  });
}

function transitionsOf(
  look: Shown,
  before: readonly Look[],
  history: History,
  lateAfterMs: number,
): Outcome['transitions'] {
  return look.reached
    .filter(({ milestone }) => !shows(before, milestone))
    .map(({ milestone, at }) => ({
      milestone,
      occurredAt: at ?? look.at,
      verdict:
        isOfThePast(look, before, history, at) && !isWanted(look, history.announceExisting)
          ? ('baseline' as const)
          : ('announce' as const),
      inferred: milestone === 'started' && look.reached.length > 1,
      late: at !== null && look.at - at > lateAfterMs,
    }));
}

/** What the first listing found, and what lies before it and could not be read then. */
function isOfThePast(look: Shown, before: readonly Look[], history: History, at: number | null): boolean {
  const first = before[0] ?? look;
  const atBaseline =
    history.finds === 'by listing' && first.poll === history.polls.findIndex(({ fails }) => !fails);
  if (!atBaseline || shown(before).length > 0) return false;
  return before.length === 0 || (at !== null && at < first.at);
}

function isWanted({ reached, at: now }: Shown, announceExisting: boolean | number): boolean {
  if (typeof announceExisting === 'boolean') return announceExisting;
  return reached.length > 1 && reached.some(({ at }) => at !== null && now - at <= announceExisting);
}

function shown(looks: readonly Look[]): Shown[] {
  return looks.filter((look) => look.kind === 'shown');
}

function shows(looks: readonly Look[], milestone: Milestone): boolean {
  return shown(looks).some(({ reached }) => reached.some((each) => each.milestone === milestone));
}

function stateAfterLooks(looks: readonly Look[]): JobState {
  if (shown(looks).length === 0) return 'unknown';
  if (shows(looks, 'expired')) return 'expired';
  const endings = MILESTONES.filter((each) => ['finished', 'failed', 'cancelled'].includes(each));
  const firstShownIn = (milestone: Milestone): number => looks.findIndex((look) => shows([look], milestone));
  const ended = endings
    .filter((milestone) => shows(looks, milestone))
    .sort((one, other) => firstShownIn(other) - firstShownIn(one))
    .at(0);
  if (ended !== undefined && ended !== 'started') return ended;
  return shows(looks, 'ready') ? 'ready' : 'in_progress';
}

/** What is odd about a look, in words that differ where the oddity does. */
function oddityOf(look: Look, before: readonly Look[]): string | null {
  if (look.kind === 'unreadable') return look.problem;
  if (look.kind === 'not found') return null;
  const state = stateAfterLooks([look]);
  const addsNothing = look.reached.every(({ milestone }) => shows(before, milestone));
  return addsNothing && state !== stateAfterLooks(before) ? `back to ${state}` : null;
}

/** The oddity of the last look that had an answer. */
function standingOddity(looks: readonly Look[]): string | null {
  const last = looks.findLastIndex(({ kind }) => kind !== 'not found');
  return last < 0 ? null : oddityOf(looks[last]!, looks.slice(0, last));
}

function kindOf(look: Look): Outcome['newAnomaly'] {
  return look.kind === 'unreadable' ? 'unreadable' : 'backwards';
}

function notFoundInARow(looks: readonly Look[], index: number): number {
  const lastAnswer = looks.slice(0, index + 1).findLastIndex(({ kind }) => kind !== 'not found');
  return index - lastAnswer;
}

/** The same text for two looks that say the same. That a job is gone is said twice. */
function whatWasSeen(looks: readonly Look[], index: number): string {
  const look = looks[index]!;
  if (look.kind === 'not found') return `not found ${Math.min(notFoundInARow(looks, index), 2)}`;
  const oddity = oddityOf(look, looks.slice(0, index));
  return oddity ?? JSON.stringify(look.kind === 'shown' ? look.reached : look);
}
