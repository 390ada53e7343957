import { SqliteQueryCompiler } from 'kysely';
import { expect, it, vi } from 'vitest';
import { aJob, anObservation, jobId, T0 } from '../../support/builders.ts';
import { aCommit, openForTest, TARGET } from '../support.ts';

it('reading a target builds no statement anew, since every poll begins with it', async () => {
  const store = await openForTest({ path: ':memory:' });
  await store.commitPoll(aCommit({ takesBaseline: true }));
  await store.readTarget(TARGET, T0);
  const compiled = vi.spyOn(SqliteQueryCompiler.prototype, 'compileQuery');
  try {
    for (const key of [TARGET, TARGET, 'another']) await store.readTarget(key, T0 + 1);
    expect(await store.readTarget(TARGET, T0 + 2)).toEqual({ baselineAt: T0, followed: [] });
    expect(compiled).not.toHaveBeenCalled();
    await store.readObservations('orders', [jobId(1), jobId(2)]);
    compiled.mockClear();
    await store.readObservations('orders', [jobId(3), jobId(4)]);
    expect(compiled).not.toHaveBeenCalled();
  } finally {
    compiled.mockRestore();
  }
});

it('reading a target with a thousand running jobs lets everything else have its turn', async () => {
  const store = await openForTest({ path: ':memory:' });
  const observations = Array.from({ length: 1_001 }, (_, number) =>
    anObservation(aJob([], { id: jobId(number) })),
  );
  await store.commitPoll(aCommit({ takesBaseline: true, observations }));
  let turns = 0;
  const reading = store.readTarget(TARGET, T0);
  const count = (): void => {
    turns += 1;
    if (turns < 9) setImmediate(count);
  };
  setImmediate(count);
  expect((await reading)?.followed).toHaveLength(1_001);
  expect(turns).toBeGreaterThanOrEqual(2);
});
