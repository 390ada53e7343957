import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { Milestone } from '../../../src/domain/job/restore-job.ts';
import {
  type Comparison,
  compareNotFound,
  compareUnreadable,
  diffObservations,
} from '../../../src/domain/job/transition.ts';
import { aJob, HOUR, jobId, MINUTE } from '../../support/builders.ts';
import {
  aContext,
  announced,
  LIVES,
  NOTHING,
  NOW,
  names,
  recorded,
  the,
  written,
} from '../../support/comparisons.ts';

describe('a reply about a job that cannot be read', () => {
  const PROBLEM = 'failed is not a boolean';

  it.each(Object.entries(LIVES))(
    'changes nothing of what is recorded and is told once: %s',
    (_life, outcomes) => {
      const previous = recorded(...outcomes);
      const comparison = compareUnreadable(previous, previous.jobId, PROBLEM, aContext());
      expect(comparison).toMatchObject({ transitions: [], newAnomaly: PROBLEM, standing: [] });
      expect(written(comparison)).toEqual({ ...previous, anomaly: PROBLEM, changedAt: NOW });
      expect(compareUnreadable(written(comparison), previous.jobId, PROBLEM, aContext())).toEqual(NOTHING);
    },
  );

  it('is told again when the problem is another one', () => {
    const seen = written(compareUnreadable(recorded(), jobId(1), PROBLEM, aContext()));
    expect(compareUnreadable(seen, jobId(1), 'state PAUSED is unknown', aContext()).newAnomaly).toBe(
      'state PAUSED is unknown',
    );
  });

  it('clears when it can be read again, and what happened meanwhile is announced', () => {
    const seen = written(compareUnreadable(recorded(), jobId(1), PROBLEM, aContext()));
    const healed = diffObservations(seen, aJob(['finished']), aContext({ now: NOW + MINUTE }));
    expect(announced(healed)).toEqual(['finished']);
    expect(written(healed).anomaly).toBeNull();
  });

  it.each(['named', 'baseline', 'new'] as const)(
    'records a job never seen before as unknown: %s',
    (firstSight) => {
      const comparison = compareUnreadable(undefined, jobId(1), PROBLEM, aContext({ firstSight }));
      expect(comparison.newAnomaly).toBe(PROBLEM);
      expect(comparison.transitions).toEqual([]);
      expect(written(comparison)).toEqual({
        watch: 'orders',
        jobId: jobId(1),
        job: null,
        milestones: [],
        state: 'unknown',
        firstSight,
        firstSeenAt: NOW,
        changedAt: NOW,
        notFoundCount: 0,
        missingSince: null,
        anomaly: PROBLEM,
        raised: {},
        mayChangeUntil: null,
      });
    },
  );

  it.each(['named', 'new'] as const)('does not swallow the life of such a job: %s', (firstSight) => {
    const seen = written(compareUnreadable(undefined, jobId(1), PROBLEM, aContext({ firstSight })));
    const readable = diffObservations(seen, aJob(['finished']), aContext({ now: NOW + MINUTE }));
    expect(announced(readable)).toEqual(['started', 'finished']);
    expect(the(readable, 'started')).toMatchObject({ from: null, inferred: true });
  });

  describe('at the baseline', () => {
    const seen = written(
      compareUnreadable(undefined, jobId(1), PROBLEM, aContext({ firstSight: 'baseline' })),
    );
    const later = aContext({ now: NOW + 20 * MINUTE });

    it('leaves what happened before it in silence, once it can be read', () => {
      const readable = diffObservations(seen, aJob(['finished']), later);
      expect(names(readable)).toEqual(['started', 'finished']);
      expect(announced(readable)).toEqual([]);
    });

    it('announces what happened since', () => {
      const readable = diffObservations(seen, aJob(['finished'], {}, 20), later);
      expect(announced(readable)).toEqual(['finished']);
    });

    it('announces what Atlas gives no time for: it may be news', () => {
      const job = aJob(['cancelled']);
      const reached = job.reached.map((each) =>
        each.milestone === 'started' ? each : { ...each, at: null },
      );
      expect(announced(diffObservations(seen, { ...job, reached }, later))).toEqual(['cancelled']);
    });

    it('announces all of it where the configuration wants to hear of the past', () => {
      const readable = (announceExisting: boolean | number): Milestone[] =>
        announced(diffObservations(seen, aJob(['finished']), { ...later, announceExisting }));
      expect(readable(true)).toEqual(['started', 'finished']);
      expect(readable(HOUR)).toEqual(['started', 'finished']);
      expect(readable(MINUTE)).toEqual([]);
    });
  });
});

describe('a job that Atlas answers with 404', () => {
  const previous = recorded();
  const once = compareNotFound(previous, aContext());
  const twice = compareNotFound(written(once), aContext({ now: NOW + MINUTE }));

  it('once is remembered, and nothing else', () => {
    expect(once).toMatchObject({ transitions: [], newAnomaly: null, standing: [] });
    expect(written(once)).toEqual({ ...previous, notFoundCount: 1, changedAt: NOW });
  });

  it('twice in a row is missing, with its life as recorded', () => {
    expect(twice).toMatchObject({
      transitions: [],
      newAnomaly: null,
      standing: [{ name: 'missing', note: null }],
    });
    expect(written(twice)).toEqual({
      ...previous,
      notFoundCount: 2,
      missingSince: NOW + MINUTE,
      timesMissing: 1,
      changedAt: NOW + MINUTE,
    });
  });

  it('is counted as missing each time that it goes, also when it was there in between', () => {
    const back = written(diffObservations(written(twice), aJob(), aContext({ now: NOW + 2 * MINUTE })));
    expect(back).toMatchObject({ missingSince: null, timesMissing: 1 });
    const gone = written(compareNotFound(written(compareNotFound(back, aContext())), aContext()));
    expect(gone).toMatchObject({ missingSince: NOW, timesMissing: 2 });
  });

  it('again and again says nothing more', () => {
    expect(compareNotFound(written(twice), aContext())).toEqual(NOTHING);
  });

  it('twice, but seen in between, is not missing', () => {
    const back = diffObservations(written(once), aJob(), aContext());
    expect(back.transitions).toEqual([]);
    expect(written(back)).toMatchObject({ notFoundCount: 0, missingSince: null });
    expect(compareNotFound(written(back), aContext()).standing).toEqual([]);
  });

  it.each<[string, (seen: Observation) => Comparison]>([
    ['unreadable', (seen) => compareUnreadable(seen, seen.jobId, 'odd', aContext())],
    ['stepping backwards', (seen) => diffObservations(seen, aJob(), aContext())],
  ])('twice, but seen in between, if only %s, is not missing', (_how, look) => {
    const ready = compareNotFound(recorded('ready'), aContext());
    const back = look(written(ready));
    expect(written(back)).toMatchObject({ notFoundCount: 0, missingSince: null });
    const gone = compareNotFound(written(back), aContext());
    expect(gone.standing).toEqual([]);
    const again = look(written(gone));
    expect(again.newAnomaly).toBeNull();
    expect(written(again)).toMatchObject({ notFoundCount: 0, missingSince: null });
  });

  it('and returns goes on where it was', () => {
    const back = diffObservations(written(twice), aJob(['finished']), aContext({ now: NOW + HOUR }));
    expect(announced(back)).toEqual(['finished']);
    expect(written(back)).toMatchObject({ notFoundCount: 0, missingSince: null, state: 'finished' });
  });

  it('and returns unchanged is written, not announced, and can go missing anew', () => {
    const back = diffObservations(written(twice), aJob(), aContext({ now: NOW + HOUR }));
    expect(back.transitions).toEqual([]);
    expect(written(back).missingSince).toBeNull();
    const gone = compareNotFound(written(back), aContext());
    expect(compareNotFound(written(gone), aContext()).standing).toEqual([{ name: 'missing', note: null }]);
  });
});
