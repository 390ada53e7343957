import { describe, expect, it } from 'vitest';
import { type Actor, actorWords, parseActor, publicActor } from '../../../src/domain/job/actor.ts';
import { publicJob } from '../../../src/domain/job/public-job.ts';
import { diffObservations, UNCHANGED } from '../../../src/domain/job/transition.ts';
import { aJob, anObservation } from '../../support/builders.ts';
import { aContext } from '../../support/comparisons.ts';

const ANN = { id: '6b0a00000000000000000001', name: 'ann@example.com', address: '203.0.113.7' };
const KEY = { id: '6b0a00000000000000000002', name: 'abcdefgh', address: null };

const SHOWN: Array<[actor: Actor, shown: unknown, words: string]> = [
  [
    { confidence: 'exact', ...ANN },
    { id: ANN.id, name: ANN.name, address: ANN.address, confidence: 'exact' },
    'ann@example.com from 203.0.113.7 (exact)',
  ],
  [{ confidence: 'likely', ...KEY, name: null }, { id: KEY.id, confidence: 'likely' }, `${KEY.id} (likely)`],
  [
    { confidence: 'ambiguous', candidates: [ANN, KEY] },
    { id: null, confidence: 'ambiguous', candidates: [ANN, { id: KEY.id, name: KEY.name }] },
    'ann@example.com from 203.0.113.7 or abcdefgh (ambiguous)',
  ],
  [
    { confidence: 'none', because: 'not_told' },
    { id: null, confidence: 'none', reason: 'not_told' },
    'not known (none): the activity feed tells of no request that fits',
  ],
  [
    { confidence: 'none', because: 'no_permission' },
    { id: null, confidence: 'none', reason: 'no_permission' },
    'not known (none): the credential may not read the activity feed',
  ],
];

describe('who began a restore', () => {
  it.each(SHOWN)('is shown with its confidence, and read back: %j', (actor, shown, words) => {
    expect(publicActor(actor)).toEqual(shown);
    expect(parseActor(publicActor(actor))).toEqual(actor);
    expect(actorWords(actor)).toBe(words);
  });

  it('is not read out of anything else', () => {
    expect([null, 'ann', {}, { confidence: 'sure' }, { confidence: 'exact' }].map(parseActor)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('stands in what scripts see of a job once it is known', () => {
    expect(publicJob(aJob())).not.toHaveProperty('actor');
    const job = aJob([], { actor: { confidence: 'exact', ...ANN } });
    expect(publicJob(job).actor).toEqual({ ...ANN, confidence: 'exact' });
  });

  it('stays known, and is no change of the job, when the job is read again', () => {
    const known = anObservation(aJob([], { actor: { confidence: 'exact', ...ANN } }));
    expect(diffObservations(known, aJob(), aContext())).toEqual(UNCHANGED);
    const { observation } = diffObservations(known, aJob(['finished']), aContext());
    expect(observation?.job?.actor).toEqual({ confidence: 'exact', ...ANN });
  });
});
