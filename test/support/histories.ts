import fc from 'fast-check';
import { MILESTONES, type Milestone, type ReachedMilestone } from '../../src/domain/job/restore-job.ts';
import { HOUR, MINUTE, T0 } from './builders.ts';

/** A watch, what really happened to its jobs, and when and how well it looked. */
export interface History {
  finds: 'by listing' | 'by name';
  announceExisting: boolean | number;
  lives: Life[];
  polls: Poll[];
}

/** The life of one job. */
export interface Life {
  createdAt: number;
  /** How Atlas speaks of this kind: one flag hides the others, or every milestone shows. */
  shows: 'flags' | 'all';
  outcomes: Array<{
    milestone: Milestone;
    /** When Atlas begins to show it: not always in the order of life. */
    shownFrom: number;
    /** The time that Atlas gives for it. */
    at: number | null;
  }>;
}

/** One poll. Its replies may be old, or not to be read, or lack a job. */
export interface Poll {
  at: number;
  fails: boolean;
  afterRestart: boolean;
  /** One for each life. */
  replies: Reply[];
}
type Reply = { kind: 'as of'; ageMs: number } | { kind: 'unreadable'; problem: string } | { kind: 'absent' };

/** What one poll that did not fail got to see of one job. */
export type Look = { poll: number; at: number } & (
  | { kind: 'shown'; reached: ReachedMilestone[] }
  | { kind: 'unreadable'; problem: string }
  | { kind: 'not found' }
);

/** The looks at one life, in order. A job is only looked for once it was seen. */
export function looksAt({ polls }: History, life: Life, index: number): Look[] {
  const looks: Look[] = [];
  polls.forEach((poll, number) => {
    if (poll.fails) return;
    const seen = { poll: number, at: poll.at };
    const reply = poll.replies[index]!;
    const asOf = reply.kind === 'as of' ? poll.at - reply.ageMs : poll.at;
    if (reply.kind === 'absent' || asOf < life.createdAt) {
      if (looks.length > 0) looks.push({ ...seen, kind: 'not found' });
    } else if (reply.kind === 'unreadable') looks.push({ ...seen, ...reply });
    else looks.push({ ...seen, kind: 'shown', reached: shownAt(life, asOf) });
  });
  return looks;
}

function shownAt({ createdAt, shows, outcomes }: Life, asOf: number): ReachedMilestone[] {
  const visible = outcomes.filter(({ shownFrom }) => shownFrom <= asOf);
  const has = (milestone: Milestone): boolean => visible.some((outcome) => outcome.milestone === milestone);
  const isShown = (milestone: Milestone): boolean => {
    // A job ends in one way at a time; Atlas's readers look at `failed` first.
    if (milestone === 'finished' && (has('failed') || has('cancelled'))) return false;
    if (milestone === 'cancelled' && has('failed')) return false;
    if (shows === 'all') return true;
    if (milestone === 'expired') return !has('failed') && !has('cancelled');
    return milestone !== 'ready' || visible.length === 1;
  };
  return [
    { milestone: 'started', at: createdAt },
    ...MILESTONES.flatMap((milestone) => {
      const outcome = visible.find((each) => each.milestone === milestone);
      return outcome && isShown(milestone) ? [{ milestone, at: outcome.at }] : [];
    }),
  ];
}

const minutes = (max: number): fc.Arbitrary<number> =>
  fc.noBias(fc.integer({ min: 0, max })).map((count) => count * MINUTE);

/** As lives go: one outcome after the other, shown as it happens or a little later. */
const orderlyOutcomes = fc
  .tuple(
    fc.constantFrom<Milestone[]>(
      [],
      ['finished'],
      ['failed'],
      ['cancelled'],
      ['expired'],
      ['finished', 'expired'],
      ['ready'],
      ['ready', 'expired'],
      ['ready', 'failed'],
      ['cancelled', 'failed'],
    ),
    fc.array(fc.tuple(minutes(60), minutes(5), fc.boolean()), { minLength: 2, maxLength: 2 }),
  )
  .map(([milestones, steps]) => {
    let happened = 0;
    return milestones.map((milestone, index) => {
      const [after, lag, isTold] = steps[index]!;
      happened += after;
      return { milestone, shownFrom: happened + lag, at: isTold ? happened : null };
    });
  });

/** As lives never should go: any outcomes, shown in any order. */
const wildOutcomes = fc.subarray(MILESTONES.slice(1), { minLength: 1 }).chain((milestones) =>
  fc.tuple(
    ...milestones.map((milestone) =>
      fc.record({
        milestone: fc.constant(milestone),
        shownFrom: minutes(120),
        at: fc.option(minutes(120)),
      }),
    ),
  ),
);

const lives: fc.Arbitrary<Life> = fc
  .record({
    createdAt: minutes(180).map((after) => T0 + after),
    shows: fc.constantFrom('flags' as const, 'all' as const),
    outcomes: fc.oneof({ weight: 3, arbitrary: orderlyOutcomes }, { weight: 1, arbitrary: wildOutcomes }),
  })
  .map((life) => ({
    ...life,
    outcomes: life.outcomes.map(({ milestone, shownFrom, at }) => ({
      milestone,
      shownFrom: life.createdAt + shownFrom,
      at: at === null ? null : life.createdAt + at,
    })),
  }));

const replies: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Reply>({ kind: 'as of', ageMs: 0 }) },
  { weight: 2, arbitrary: minutes(40).map((ageMs): Reply => ({ kind: 'as of', ageMs })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('failed is not a boolean', 'state PAUSED is unknown')
      .map((problem): Reply => ({ kind: 'unreadable', problem })),
  },
  { weight: 2, arbitrary: fc.constant<Reply>({ kind: 'absent' }) },
);

const chances = (percent: number): fc.Arbitrary<boolean> =>
  fc.integer({ min: 1, max: 100 }).map((drawn) => drawn > 100 - percent);

export const histories: fc.Arbitrary<History> = fc
  .array(lives, { minLength: 1, maxLength: 3 })
  .chain((lived) =>
    fc.record({
      finds: fc.constantFrom('by listing' as const, 'by listing' as const, 'by name' as const),
      announceExisting: fc.constantFrom<Array<boolean | number>>(false, false, true, HOUR),
      lives: fc.constant(lived),
      polls: fc
        .array(
          fc.record({
            gap: minutes(30).map((gap) => gap + 1_000),
            fails: chances(15),
            afterRestart: chances(20),
            replies: fc.array(replies, { minLength: lived.length, maxLength: lived.length }),
          }),
          { minLength: 1, maxLength: 16, size: 'max' },
        )
        .map((polls) => {
          let at = T0 + 30 * MINUTE;
          return polls.map(({ gap, ...poll }) => {
            at += gap;
            return { ...poll, at };
          });
        }),
    }),
  );
