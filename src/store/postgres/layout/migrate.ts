import type { ClientBase } from 'pg';
import { StoreError } from '../../../errors.ts';
import type { LayoutUpdate } from '../../ports/life.ts';
import { sqlState } from '../errors.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** With the schema's name it makes the advisory lock under which a layout is changed: "RWdb". */
const LOCK_SPACE = 0x52576462;

/** A step may have much to rewrite, and another replica may be at it. */
const STEP_WITHIN_MS = 3_600_000;

const VERSION_TABLE = `
  create table schema_version (
    id bigint primary key check (id = 1),
    layout bigint not null,
    works_from bigint not null
  );
`;

/** `create schema if not exists` asks for the right to make one, whether or not it exists. */
function makeSchema(schema: string): string {
  const name = `'${schema.replaceAll("'", "''")}'`;
  return `do $make$ begin
    if not exists (select 1 from pg_namespace where nspname = ${name}) then
      execute format('create schema %I', ${name});
    end if;
  end $make$`;
}

/** Which layout a database has, and the oldest one whose program works on it. */
export interface Layout {
  layout: number;
  worksFrom: number;
}

/**
 * Brings the database to the latest layout: all missing steps in one transaction, or none. Of several replicas at once one does it, and the
 * others wait and find nothing to do. A database of a later layout that this program works on is left as it is.
 * @throws {StoreError} reason `schema_too_new`.
 */
export async function migrate(
  client: ClientBase,
  where: string,
  {
    schema,
    migrations = MIGRATIONS,
    onUpdate = () => {},
  }: {
    schema: string | null;
    migrations?: readonly Migration[];
    onUpdate?: ((update: LayoutUpdate) => void) | undefined;
  },
): Promise<void> {
  const found = await readLayout(client, where, migrations);
  const latest = migrations.at(-1)?.number ?? 0;
  if (found !== null && found.layout >= latest) return;
  const tell = (isDone: boolean): void => {
    if (found !== null) onUpdate({ isDone, from: found.layout, to: latest });
  };
  tell(false);
  const run: Run = (text, values = []) => {
    // `pg` knows this limit of a single statement; its types do not.
    const config = { text, values, query_timeout: STEP_WITHIN_MS };
    return client.query(config);
  };
  const takeAll = async (): Promise<void> => {
    await run('begin');
    try {
      await run('set local statement_timeout = 0; set local lock_timeout = 0');
      await run('select pg_advisory_xact_lock($1, hashtext(coalesce($2, current_schema(), $3)))', [
        LOCK_SPACE,
        schema,
        '',
      ]);
      const present = await readLayout(client, where, migrations);
      if (present !== null) await run(TAKE_TURN);
      await takeSteps(run, migrations, present, schema);
      await run('commit');
    } catch (error) {
      await run('rollback').catch(() => undefined);
      throw error;
    }
  };
  await againAfterDeadlock(takeAll);
  // What the planner knows of the rows may be true no more. Of a new database there is nothing to know, and it had better not believe that.
  if (found !== null) {
    const { rows } = await client.query<{ name: string }>(OWN_TABLES);
    for (const { name } of rows) await run(`analyze ${name}`);
  }
  tell(true);
}

const OWN_TABLES = `
  select oid::regclass::text as name from pg_class
    where relkind = 'r' and relnamespace = (select relnamespace from pg_class where oid = 'schema_version'::regclass)
`;

/**
 * Replicas of the program before go on writing meanwhile. Each of their transactions locks the end of the audit log before any other row,
 * so whoever has this table waits for none that holds another, and none that waits holds one. A backup that reads the table is not in the way.
 */
const TAKE_TURN = 'lock table audit_head in exclusive mode';

/** SQLSTATE of a transaction that PostgreSQL ends because it and another wait for each other. */
const DEADLOCK = '40P01';

/** A statement out of turn (a claim, a look) may still hold one table and wait for another: so often the steps are taken again. */
const DEADLOCKS_ENDURED = 10;

async function againAfterDeadlock(work: () => Promise<void>): Promise<void> {
  for (let met = 0; ; met += 1)
    try {
      return await work();
    } catch (thrown) {
      if (sqlState(thrown) !== DEADLOCK || met === DEADLOCKS_ENDURED) throw thrown;
    }
}

type Run = (text: string, values?: unknown[]) => Promise<unknown>;

async function takeSteps(
  run: Run,
  migrations: readonly Migration[],
  found: Layout | null,
  schema: string | null,
): Promise<void> {
  if (found === null) {
    // Only where it is missing: to make one needs a right that who uses it need not have.
    if (schema !== null) await run(makeSchema(schema));
    await run(VERSION_TABLE);
  }
  for (const { number, sql, worksFrom } of migrations) {
    if (number <= (found?.layout ?? 0)) continue;
    await run(sql);
    await run(
      `insert into schema_version values (1, $1, $2)
        on conflict (id) do update set layout = excluded.layout, works_from = excluded.works_from`,
      [number, worksFrom],
    );
  }
}

/**
 * Reads which layout the database has; `null`: none yet.
 * @throws {StoreError} reason `schema_too_new` when this program does not work on it; `damaged` when it is another program's.
 */
export async function readLayout(
  client: Pick<ClientBase, 'query'>,
  where: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Layout | null> {
  const { rows: columns } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = to_regclass('schema_version') and attnum > 0`,
  );
  if (columns.length === 0) return null;
  const { rows } = columns.some(({ name }) => name === 'works_from')
    ? await client.query<{ layout: number; works_from: number }>(
        'select layout, works_from from schema_version where id = 1',
      )
    : { rows: [] };
  const [row] = rows;
  if (row === undefined)
    throw new StoreError('damaged', `${where}: its table schema_version is of another program`, {
      hint: 'Give the watcher a schema of its own (store.schema), or a database of its own.',
    });
  const latest = migrations.at(-1)?.number ?? 0;
  if (row.works_from > latest)
    throw new StoreError(
      'schema_too_new',
      `${where} was written by a newer restore-watcher (layout ${row.layout}, which works from layout ${row.works_from} on; this program knows ${latest})`,
      { hint: 'Run that version again, or restore a backup from before the update.' },
    );
  return { layout: row.layout, worksFrom: row.works_from };
}

/**
 * For a connection that may only read, and so cannot migrate.
 * @throws {StoreError} reason `schema_too_new`; `unavailable` when there is nothing yet, or steps are missing.
 */
export async function requireLayout(client: Pick<ClientBase, 'query'>, where: string): Promise<void> {
  const found = await readLayout(client, where);
  if (found === null)
    throw new StoreError('unavailable', `${where}: there is no store yet`, {
      hint: 'It is made by the first run of the watcher. Check store.url and store.schema.',
    });
  if (found.layout < (MIGRATIONS.at(-1)?.number ?? 0))
    throw new StoreError('unavailable', `${where} still has the layout of an older restore-watcher`, {
      hint: 'Start the watcher of this version once: it brings the database up to date.',
    });
}
