import type pg from 'pg';
import { migrate } from '../../../src/store/postgres/layout/migrate.ts';
import type { Migration } from '../../../src/store/postgres/layout/migrations.ts';

/** What an older program may lean on, or stumble over, by a name that tells all of it. */
interface Layout {
  /** `table.column type`, and whether a row may be written that does not name it. */
  columns: Map<string, { type: string; mayBeLeftOut: boolean }>;
  tables: Set<string>;
  /** What a row must fulfil: keys, unique indexes, checks. */
  demands: Map<string, { table: string; demand: string }>;
}

/**
 * Takes the steps one by one in the schema, which is empty, and says what each of them takes from a program that it promises to leave in
 * working order (`worksFrom`): columns that go or change, and what rows of that program would not fulfil.
 */
export async function breachesOf(
  client: pg.Client,
  schema: string,
  migrations: readonly Migration[],
): Promise<string[]> {
  const breaches: string[] = [];
  await client.query(`set search_path to ${schema}`);
  let before: Layout | null = null;
  for (const { number, worksFrom } of migrations) {
    await migrate(client, 'here', { schema, migrations: migrations.slice(0, number) });
    const after = await readLayoutOf(client, schema);
    if (before !== null && worksFrom < number)
      breaches.push(...differences(before, after).map((what) => `step ${number}: ${what}`));
    before = after;
  }
  return breaches;
}

function differences(before: Layout, after: Layout): string[] {
  const breaches: string[] = [];
  for (const [place, { type, mayBeLeftOut }] of before.columns) {
    const now = after.columns.get(place);
    if (now === undefined) breaches.push(`${place} is gone`);
    else if (now.type !== type) breaches.push(`${place} was ${type} and is ${now.type}`);
    else if (mayBeLeftOut && !now.mayBeLeftOut) breaches.push(`${place} must be written now`);
  }
  for (const [place, { mayBeLeftOut }] of after.columns) {
    const [table = ''] = place.split('.');
    if (before.tables.has(table) && !before.columns.has(place) && !mayBeLeftOut)
      breaches.push(`${place} is new and must be written`);
  }
  for (const [name, { table, demand }] of after.demands)
    if (before.tables.has(table) && before.demands.get(name)?.demand !== demand)
      breaches.push(`${table} demands ${demand}`);
  return breaches;
}

async function readLayoutOf(client: pg.Client, schema: string): Promise<Layout> {
  const { rows: columns } = await client.query<{ table: string; name: string; type: string; free: boolean }>(
    `select table_name as table, column_name as name, data_type as type,
        is_nullable = 'YES' or column_default is not null or is_identity = 'YES' as free
      from information_schema.columns where table_schema = $1`,
    [schema],
  );
  const { rows: demands } = await client.query<{ name: string; table: string; demand: string }>(
    `select conname as name, conrelid::regclass::text as table, pg_get_constraintdef(oid) as demand
        from pg_constraint where connamespace = $1::regnamespace and conrelid <> 0
      union all select c.relname, i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indisunique and c.relnamespace = $1::regnamespace`,
    [schema],
  );
  return {
    columns: new Map(
      columns.map(({ table, name, type, free }) => [`${table}.${name}`, { type, mayBeLeftOut: free }]),
    ),
    tables: new Set(columns.map(({ table }) => table)),
    demands: new Map(
      // An index and its constraint have one name.
      demands.map(({ name, table, demand }) => [`${name} ${demand.slice(0, 6)}`, { table, demand }]),
    ),
  };
}
