import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { StoreAddress } from '../../../src/store/ports/address.ts';
import type { LayoutUpdate } from '../../../src/store/ports/life.ts';
import { migrate, readLayout } from '../../../src/store/postgres/layout/migrate.ts';
import { MIGRATIONS, type Migration } from '../../../src/store/postgres/layout/migrations.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { migrate as migrateEmbedded } from '../../../src/store/sqlite/layout/migrate.ts';
import { openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { aPollOf } from '../poll-of.ts';

const last = MIGRATIONS.length;
/** Adds something, as every step does. */
const ADDING: Migration = {
  number: last + 1,
  name: 'adds',
  sql: 'alter table alert add column since text; create table added (id bigint)',
  worksFrom: last,
};
/** Takes something away that the program before uses. */
const CONTRACTING: Migration = {
  number: last + 1,
  name: 'takes away',
  sql: 'alter table alert drop column raised_at',
  worksFrom: last + 1,
};

describe.skipIf(!hasPostgres())('the layout in a PostgreSQL', () => {
  let clients: pg.Client[];
  let url: string;
  beforeAll(async () => {
    ({ url } = await newPostgresSchema());
    clients = await Promise.all(
      [1, 2, 3].map(async () => {
        const types = { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) };
        const client = new pg.Client({ connectionString: url, types: types as typeof pg.types });
        await client.connect();
        return client;
      }),
    );
  });
  afterAll(() => Promise.all(clients.map((client) => client.end())));

  /** A store of the present layout, and what brings it to a later one. */
  async function world() {
    const address = await newPostgresSchema();
    const updates: LayoutUpdate[] = [];
    const bring = async (client: pg.Client | undefined, migrations: readonly Migration[]): Promise<void> => {
      await client?.query(`set search_path to ${address.schema}`);
      if (client)
        await migrate(client, 'here', {
          schema: address.schema,
          migrations,
          onUpdate: (update) => updates.push(update),
        });
    };
    return { address: address as StoreAddress, updates, bring };
  }

  it('has steps without a gap, each of which names the oldest program that works after it', () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
    for (const { number, worksFrom } of MIGRATIONS) expect(worksFrom).toBeLessThanOrEqual(number);
  });

  it('has the tables and columns of the embedded store, beside what only replicas need', async () => {
    const { address } = await world();
    await (await openPostgresStore(address)).close();
    const { rows } = (await clients[0]?.query<{ place: string }>(
      `select table_name || '.' || column_name as place from information_schema.columns where table_schema = $1
        and table_name not in ('schema_version', 'replica', 'lease', 'request_budget', 'token', 'audit_mirror', 'estate', 'found_project', 'watch_share')`,
      [address.schema],
    )) ?? { rows: [] };
    const embedded = openConnection(':memory:', { readOnly: false });
    migrateEmbedded(embedded, ':memory:');
    const own = embedded
      .prepare(`select t.name || '.' || c.name as place from sqlite_schema as t, pragma_table_info(t.name) as c
        where t.type = 'table' and t.name not like 'sqlite_%'`)
      .all();
    embedded.close();
    expect(rows.map(({ place }) => place).sort()).toEqual(own.map(({ place }) => String(place)).sort());
  });

  it('is made once by many who begin at once, and nobody is told of an update', async () => {
    const { address, updates, bring } = await world();
    await Promise.all(clients.map((client) => bring(client, MIGRATIONS)));
    expect(updates).toEqual([]);
    const store = await openPostgresStore(address);
    await store.commitPoll(aPollOf(1));
    await store.close();
  });

  it('is brought up to date once by many who begin at once', async () => {
    const { address, updates, bring } = await world();
    await (await openPostgresStore(address)).close();
    await Promise.all(clients.map((client) => bring(client, [...MIGRATIONS, ADDING])));
    expect(updates.filter(({ isDone }) => isDone).every(({ to }) => to === last + 1)).toBe(true);
    const [client] = clients;
    if (client)
      expect(await readLayout(client, 'here', [...MIGRATIONS, ADDING])).toMatchObject({ layout: last + 1 });
  });

  it('is left as it was when a step fails', async () => {
    const { address, bring } = await world();
    await (await openPostgresStore(address)).close();
    const broken = { ...ADDING, sql: `${ADDING.sql}; select 1 / 0` };
    await expect(bring(clients[0], [...MIGRATIONS, broken])).rejects.toThrow('division by zero');
    await bring(clients[0], [...MIGRATIONS, ADDING]);
  });

  it('that a newer program has added to is worked with by the one before, also while it does so', async () => {
    const { address, bring } = await world();
    const older = await openPostgresStore(address);
    await older.commitPoll(aPollOf(1));
    await bring(clients[0], [...MIGRATIONS, ADDING]);
    await older.commitPoll(aPollOf(2));
    await older.close();
    const again = await openPostgresStore(address);
    await again.commitPoll(aPollOf(3));
    expect((await again.auditHead()).seq).toBe(3);
    await again.close();
  });

  it('that a newer program has taken from is refused, by name, and is as it was', async () => {
    const { address, bring } = await world();
    await (await openPostgresStore(address)).close();
    await bring(clients[0], [...MIGRATIONS, CONTRACTING]);
    for (const mode of ['readwrite', 'readonly'] as const)
      await expect(openStore(address, { mode })).rejects.toMatchObject({
        reason: 'schema_too_new',
        message: expect.stringContaining(
          `layout ${last + 1}, which works from layout ${last + 1} on; this program knows ${last}`,
        ),
      });
  });

  it('of another program is left alone', async () => {
    const { address } = await world();
    await clients[0]?.query(
      `create schema ${address.schema}; create table ${address.schema}.schema_version (version text)`,
    );
    await expect(openStore(address, {})).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining('of another program'),
      hint: expect.stringContaining('store.schema'),
    });
    const other = await newPostgresSchema();
    await clients[0]?.query(`create schema ${other.schema}; create table ${other.schema}.event (id text)`);
    await expect(openStore(other, {})).rejects.toMatchObject({
      message: expect.stringContaining('a table of that name is there'),
      hint: expect.stringContaining('store.schema'),
    });
  });

  it('is not made by who only reads', async () => {
    const { address } = await world();
    await expect(openStore(address, { mode: 'readonly' })).rejects.toMatchObject({
      message: expect.stringContaining('there is no store yet'),
    });
  });
});
