import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { keepQuery } from '../../../src/store/queries/kept/kept-query.ts';
import type { Database } from '../../../src/store/queries/schema.ts';

/** A database that does nothing, and the statements that it was given. */
function aDatabase() {
  const ran: Array<[sql: string, parameters: readonly unknown[]]> = [];
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new SqliteIntrospector(of),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    log: ({ query }) => void ran.push([query.sql, query.parameters]),
  });
  return { db, ran };
}

describe('a kept statement', () => {
  const build = vi.fn(
    (
      db: Kysely<Database>,
      { ids, mirroredSeq }: { ids: readonly number[]; mirroredSeq: number | null },
      { isLast }: { isLast: boolean },
    ) =>
      db
        .selectFrom('audit_head')
        .select('seq')
        .where('id', 'in', ids)
        .where('mirrored_seq', mirroredSeq === null ? 'is' : '=', mirroredSeq)
        .$if(isLast, (query) => query.orderBy('seq', 'desc')),
  );

  it('is built once for each length of a list, each null, each form and each database, and has its values every time', async () => {
    build.mockClear();
    const { db, ran } = aDatabase();
    const run = keepQuery(build);
    await run(db, { ids: [1, 2], mirroredSeq: 3 }, { isLast: false });
    await run(db, { ids: [4, 5], mirroredSeq: 6 }, { isLast: false });
    expect(build).toHaveBeenCalledTimes(1);
    expect(ran.map(([, parameters]) => parameters)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await run(db, { ids: [7], mirroredSeq: 8 }, { isLast: false });
    await run(db, { ids: [9], mirroredSeq: null }, { isLast: false });
    await run(db, { ids: [10], mirroredSeq: 11 }, { isLast: true });
    expect(build).toHaveBeenCalledTimes(4);
    expect(ran.slice(2).map(([, parameters]) => parameters)).toEqual([[7, 8], [9], [10, 11]]);
    expect(ran.at(-1)?.[0]).toMatch(/order by/);
    // Another database may be of another dialect.
    await run(aDatabase().db, { ids: [1, 2], mirroredSeq: 3 }, { isLast: false });
    expect(build).toHaveBeenCalledTimes(5);
  });

  it('is built once for all lengths of a list up to the next power of two, and its last value fills that up', async () => {
    build.mockClear();
    const { db, ran } = aDatabase();
    const run = keepQuery(build);
    for (const ids of [
      [1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11, 12],
      [],
      Array.from({ length: 8 }, (_, id) => id),
    ])
      await run(db, { ids, mirroredSeq: 0 }, { isLast: false });
    // Of 4, of 8, and of none.
    expect(build).toHaveBeenCalledTimes(3);
    expect(ran.map(([, parameters]) => parameters.slice(0, -1))).toEqual([
      [1, 2, 3, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11, 12, 12, 12, 12],
      [],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ]);
  });

  it('says so when a value is calculated with while it is built', async () => {
    const { db } = aDatabase();
    const run = keepQuery((on: Kysely<Database>, { seq }: { seq: number }) =>
      on
        .selectFrom('audit_head')
        .select('seq')
        .where('seq', '>', seq + 1),
    );
    await expect(run(db, { seq: 1 })).rejects.toThrow('the value seq of a kept statement');
  });
});
