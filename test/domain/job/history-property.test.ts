import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/job/observation.ts';
import { MILESTONES, stateAfter } from '../../../src/domain/job/restore-job.ts';
import {
  type Comparison,
  type ComparisonContext,
  compareNotFound,
  compareUnreadable,
  diffObservations,
} from '../../../src/domain/job/transition.ts';
import { aJob, jobId, MINUTE } from '../../support/builders.ts';
import { type History, histories, type Look, looksAt } from '../../support/histories.ts';
import { expectedOutcomes, type Outcome } from '../../support/history-model.ts';

const RUNS = 2_000;
const LATE_AFTER_MS = 10 * MINUTE;

/** What the code under test makes of a history. It keeps nothing but the observations that it recorded. */
function play(history: History): Outcome[][] {
  const recorded = new Map<string, Observation>();
  const looks = history.lives.map((life, index) => looksAt(history, life, index));
  const outcomes: Outcome[][] = history.lives.map(() => []);
  const firstGoodPoll = history.polls.findIndex(({ fails }) => !fails);

  history.polls.forEach((poll, number) => {
    if (poll.afterRestart) {
      for (const [id, observation] of recorded) recorded.set(id, JSON.parse(JSON.stringify(observation)));
    }
    const firstSight = history.finds === 'by name' ? 'named' : number === firstGoodPoll ? 'baseline' : 'new';
    looks.forEach((looksAtJob, index) => {
      const look = looksAtJob.find((each) => each.poll === number);
      if (!look) return;
      const id = jobId(index);
      const context: ComparisonContext = {
        watch: 'orders',
        now: look.at,
        lastLookAt: null,
        firstSight,
        announceExisting: history.announceExisting,
        lateAfterMs: LATE_AFTER_MS,
      };
      const comparison = takeLook(recorded.get(id), look, id, history.lives[index]!.createdAt, context);
      if (comparison.observation) recorded.set(id, comparison.observation);
      outcomes[index]?.push(outcomeOf(comparison, recorded.get(id)!, number));
    });
  });
  return outcomes;
}

function takeLook(
  previous: Observation | undefined,
  look: Look,
  id: string,
  createdAt: number,
  context: ComparisonContext,
): Comparison {
  if (look.kind === 'not found') return compareNotFound(previous!, context);
  if (look.kind === 'unreadable') return compareUnreadable(previous, id, look.problem, context);
  const { reached } = look;
  const state = stateAfter(reached.map(({ milestone }) => milestone));
  return diffObservations(previous, aJob([], { id, createdAt, reached, state }), context);
}

function outcomeOf(comparison: Comparison, { state }: Observation, poll: number): Outcome {
  const { transitions, newAnomaly, observation } = comparison;
  return {
    poll,
    transitions: transitions.map(({ milestone, occurredAt, verdict, inferred, late }) => ({
      milestone,
      occurredAt,
      verdict,
      inferred,
      late,
    })),
    state,
    isWritten: observation !== null,
    wentMissing: observation !== null && observation.missingSince !== null,
    newAnomaly: newAnomaly === null ? null : newAnomaly.startsWith('Atlas says') ? 'backwards' : 'unreadable',
  };
}

function assertForAll(check: (history: History) => void): void {
  fc.assert(fc.property(histories, check), { numRuns: RUNS });
}

describe('whatever happens to jobs, polls and the watcher', () => {
  it('what is announced is what was shown and not yet told, no more and no less', () => {
    assertForAll((history) => {
      const expected = history.lives.map((life, index) =>
        expectedOutcomes(history, looksAt(history, life, index), LATE_AFTER_MS),
      );
      expect(play(history)).toEqual(expected);
    });
  });

  it('nothing is told twice, and the milestones of one poll come in the order of life', () => {
    assertForAll((history) => {
      for (const outcomes of play(history)) {
        const perPoll = outcomes.map(({ transitions }) =>
          transitions.map(({ milestone }) => MILESTONES.indexOf(milestone)),
        );
        for (const order of perPoll) expect(order).toEqual(order.toSorted((one, other) => one - other));
        const all = perPoll.flat();
        expect(new Set(all).size).toBe(all.length);
      }
    });
  });

  it('in the end nothing that was shown is left unrecorded', () => {
    assertForAll((history) => {
      const told = play(history).map((outcomes) =>
        outcomes.flatMap(({ transitions }) => transitions.map(({ milestone }) => milestone)).toSorted(),
      );
      const shown = history.lives.map((life, index) => {
        const looks = looksAt(history, life, index);
        return [
          ...new Set(
            looks.flatMap((look) =>
              look.kind === 'shown' ? look.reached.map(({ milestone }) => milestone) : [],
            ),
          ),
        ].toSorted();
      });
      expect(told).toEqual(shown);
    });
  });
});

describe('the histories that are drawn', () => {
  it('hold every case that matters, and often', () => {
    const drawn = fc.sample(histories, { numRuns: RUNS, seed: 1 });
    const outcomes = drawn.flatMap((history) => play(history).flat());
    const transitions = outcomes.flatMap((outcome) => outcome.transitions);
    const count = <T>(items: readonly T[], test: (item: T) => boolean): number => items.filter(test).length;

    const cases = {
      announced: count(transitions, ({ verdict }) => verdict === 'announce'),
      silent: count(transitions, ({ verdict }) => verdict === 'baseline'),
      inferred: count(transitions, ({ inferred }) => inferred),
      late: count(transitions, ({ late }) => late),
      'several in one poll': count(outcomes, (outcome) => outcome.transitions.length > 1),
      missing: count(outcomes, ({ wentMissing }) => wentMissing),
      backwards: count(outcomes, ({ newAnomaly }) => newAnomaly === 'backwards'),
      unreadable: count(outcomes, ({ newAnomaly }) => newAnomaly === 'unreadable'),
      unchanged: count(outcomes, ({ isWritten }) => !isWritten),
      'failed polls': count(drawn, ({ polls }) => polls.some(({ fails }) => fails)),
      restarts: count(drawn, ({ polls }) => polls.some(({ afterRestart }) => afterRestart)),
    };
    for (const [name, found] of Object.entries(cases)) expect(found, name).toBeGreaterThan(100);
    for (const milestone of MILESTONES) {
      expect(
        count(transitions, (each) => each.milestone === milestone),
        milestone,
      ).toBeGreaterThan(100);
    }
  });
});
