import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { keepRows } from '../../../src/store/queries/kept/kept-rows.ts';
import type { Database } from '../../../src/store/queries/schema.ts';

type Row = { seq: number; body: string };

/** A database that does nothing, and the values of the statements that it was given. */
function aDatabase() {
  const ran: Array<readonly unknown[]> = [];
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new SqliteIntrospector(of),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    log: ({ query }) => void ran.push(query.parameters),
  });
  return { db, ran };
}

function rowsUpTo(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({ seq: index + 1, body: `entry ${index + 1}` }));
}

describe('a kept statement of rows', () => {
  it('writes all rows in their order, and is built seven times at most, whatever the lengths', async () => {
    const build = vi.fn((db: Kysely<Database>, rows: Row[]) => db.insertInto('audit_entry').values(rows));
    const run = keepRows(build);
    const { db, ran } = aDatabase();
    for (const count of [0, 1, 3, 64, 100, 127, 200]) {
      ran.length = 0;
      const rows = rowsUpTo(count);
      await run(db, rows);
      expect(ran.flat()).toEqual(rows.flatMap(({ seq, body }) => [seq, body]));
    }
    expect(build).toHaveBeenCalledTimes(7);
    // Another database may be of another dialect.
    await run(aDatabase().db, rowsUpTo(1));
    expect(build).toHaveBeenCalledTimes(8);
  });

  it('refuses what it could not give another value, and says so when a value is calculated with', async () => {
    const { db } = aDatabase();
    const withConstant = keepRows((on, rows: Row[]) =>
      on.insertInto('audit_entry').values(rows.map(({ seq }) => ({ seq, body: 'the same' }))),
    );
    await expect(withConstant(db, rowsUpTo(1))).rejects.toThrow('of no row');
    const calculating = keepRows((on, rows: Row[]) =>
      on.insertInto('audit_entry').values(rows.map(({ seq, body }) => ({ seq: seq + 1, body }))),
    );
    await expect(calculating(db, rowsUpTo(1))).rejects.toThrow('the value seq of a kept statement');
  });
});
