import { SqliteQueryCompiler } from 'kysely';
import { expect, it, vi } from 'vitest';
import { T0 } from '../../support/builders.ts';
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
  } finally {
    compiled.mockRestore();
  }
});
