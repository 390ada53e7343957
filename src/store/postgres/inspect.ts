import type { Client } from 'pg';
import { StoreError } from '../../errors.ts';
import type { StoreAddress } from '../ports/address.ts';
import type { StoreFacts, StoreMode } from '../ports/life.ts';
import { toStoreError } from './errors.ts';
import { readLayout } from './layout/migrate.ts';
import { isAnyReplicaAlive } from './leases.ts';
import { createSessionCheck } from './own-session.ts';
import { type PostgresPlace, readPlace } from './place.ts';
import { clientConfig, prepareSession } from './pool.ts';

/**
 * Looks at the store without changing it: can it be reached, is its layout known, and (`readwrite`) may this user do what a watcher does. A
 * standby will do for whoever only reads.
 * @throws {StoreError} when it cannot be used.
 */
export function inspectPostgresStore(address: StoreAddress, mode: StoreMode): Promise<StoreFacts> {
  const mayWrite = mode === 'readwrite';
  return look(address, { mayWrite }, async (client, { where }) => {
    const layout = await readLayout(client, where);
    if (mayWrite) await requireRights(client, where, layout !== null);
    if (layout === null) return { where, exists: false, schemaVersion: null, inUse: null };
    return { where, exists: true, schemaVersion: layout.layout, inUse: await isAnyReplicaAlive(client) };
  });
}

/**
 * Tells whether there is a store yet, also on a standby.
 * @throws {StoreError} when it cannot be reached, or is another program's.
 */
export function isPostgresStoreThere(address: StoreAddress): Promise<boolean> {
  return look(address, { mayWrite: false }, async (client, { where }) => {
    return (await readLayout(client, where)) !== null;
  });
}

async function look<Found>(
  address: StoreAddress,
  options: { mayWrite: boolean },
  work: (client: Client, place: PostgresPlace) => Promise<Found>,
): Promise<Found> {
  const place = readPlace(address);
  const { default: pg } = await import('pg');
  const makeClient = (): Client => new pg.Client(clientConfig(place, pg.types));
  const client = makeClient();
  // Whoever waits for an answer hears of it; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await createSessionCheck(place.where, makeClient)(client);
    await prepareSession(client, place, options);
    return await work(client, place);
  } catch (error) {
    throw toStoreError(error, 'look at the store', place.where);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const WHILE_WATCHING = ['select', 'insert', 'update', 'delete'];

/** @throws {StoreError} naming the first right that is missing. */
async function requireRights(client: Pick<Client, 'query'>, where: string, isThere: boolean): Promise<void> {
  const { rows } = await client.query<{ lacking: string }>(isThere ? LACKING_IN_TABLES : LACKING_TO_MAKE);
  const [first] = rows;
  if (first === undefined) return;
  throw new StoreError('unavailable', `${where}: this user may not ${first.lacking}`, {
    hint: isThere
      ? 'Let it own the tables, or grant it select, insert, update and delete on all tables of the schema.'
      : 'Let it make the tables: grant create on schema … to …; or, where store.schema is missing yet, grant create on database … to ….',
  });
}

const LACKING_IN_TABLES = `
  select kind || ' in the table ' || relname as lacking
    from pg_class cross join unnest(array[${WHILE_WATCHING.map((kind) => `'${kind}'`).join(', ')}]) as kind
    where relkind = 'r' and relnamespace = (select relnamespace from pg_class where oid = 'schema_version'::regclass)
      and relname <> 'schema_version' and not has_table_privilege(pg_class.oid, kind)
    order by relname limit 1`;

const LACKING_TO_MAKE = `
  select case when current_schema() is null then 'make a schema in this database' else 'make tables in the schema ' || current_schema() end as lacking
    where not case when current_schema() is null then has_database_privilege(current_database(), 'create')
      else has_schema_privilege(current_schema(), 'create') end`;
