import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { targetKey } from '../../../src/domain/job/watch.ts';
import type { Store } from '../../../src/store/store.ts';
import { readJobFacts } from '../../../src/views/page/job/job-facts.ts';
import { createPageRecord } from '../../../src/views/page/record/read-record.ts';
import { createExpectedEnds } from '../../../src/views/usual/expected-ends.ts';
import { aCommit } from '../../store/support.ts';
import { aJob, anObservation, GROUP_ID, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { recordNow } from '../../support/page-facts.ts';
import { openNewStore } from '../../support/test-store.ts';

/** Ops Manager's clusters are watched by id, and their jobs go by name. */
const CLUSTER_ID = '64b0c1d2e3f4a5b6c7d8e9f0';
const KEY = targetKey({ watch: 'om', kind: 'legacy', groupId: GROUP_ID, instanceName: CLUSTER_ID });
const clock = createManualClock(T0 + MINUTE);
const running = seen(aJob([], { ...named(9), createdAt: T0 }));

let store: Store;

beforeEach(async () => {
  store = await openNewStore();
  const before = [1, 2, 3].map((number) =>
    seen(aJob(['finished'], { ...named(number), createdAt: T0 - number * HOUR })),
  );
  await store.commitPoll(
    aCommit({ targetKey: KEY, watch: 'om', takesBaseline: true, observations: [...before, running] }),
  );
});
afterEach(() => store.close());

function named(number: number): Partial<RestoreJob> {
  return { id: jobId(number), kind: 'legacy', instanceName: 'Orders' };
}

function seen(job: RestoreJob): Observation {
  return anObservation(job, { watch: 'om' });
}

describe('when a restore should end, whose cluster is watched under another name than its own', () => {
  it('follows from what is usual there', async () => {
    const ends = await createExpectedEnds({ store, clock }).of([running]);
    expect(ends.get(running)).toMatchObject({ at: T0 + 14 * MINUTE, basis: 'history', samples: 3 });
  });

  it('stands on the overview with what is usual', async () => {
    const watches = () => [{ watch: 'om', kind: 'legacy' as const }];
    const ends = createExpectedEnds({ store, clock });
    const reading = { store, watches, drills: () => [], ends, changesFound: () => 0, clock };
    const record = createPageRecord({ range: '24h', watch: null, event: null }, reading);
    const [shown] = (await record.read(recordNow(store))).running;
    expect(shown?.eta).toMatchObject({ at: T0 + 14 * MINUTE });
    expect(shown?.durations).toHaveLength(3);
  });

  it('stands on its own page with what is usual', async () => {
    const facts = await readJobFacts(store, clock, running.jobId);
    expect(facts?.eta).toMatchObject({ at: T0 + 14 * MINUTE });
    expect(facts?.durations).toHaveLength(3);
  });
});
