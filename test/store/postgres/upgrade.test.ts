import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyStore } from '../../../src/audit/verify.ts';
import { StoreError } from '../../../src/errors.ts';
import { migrate } from '../../../src/store/postgres/layout/migrate.ts';
import { MIGRATIONS, type Migration } from '../../../src/store/postgres/layout/migrations.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeHome, runCommand } from '../../support/daemon.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { aPollOf } from '../poll-of.ts';
import { breachesOf } from './expand-only.ts';

const last = MIGRATIONS.length;
/** Touches every table that a poll and a delivery write. */
const ADDING: Migration = {
  number: last + 1,
  name: 'adds',
  sql: `
    alter table event add column later text;
    alter table delivery add column later bigint not null default 0;
    alter table observation add column later text;
    alter table audit_head add column later text not null default '';
    create index later on event (later);
  `,
  worksFrom: 1,
};

describe.skipIf(!hasPostgres())('a PostgreSQL whose replicas are updated one after another', () => {
  let client: pg.Client;
  beforeAll(async () => {
    const { url } = await newPostgresSchema();
    const types = { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) };
    client = new pg.Client({ connectionString: url, types: types as typeof pg.types });
    await client.connect();
  });
  afterAll(() => client.end());

  it('has steps that take nothing from the programs which they leave at work', async () => {
    const { schema } = await newPostgresSchema();
    expect(await breachesOf(client, schema, MIGRATIONS)).toEqual([]);
  });

  it('would be known for a step that takes something, and does not say so', async () => {
    const { schema } = await newPostgresSchema();
    const taking: Migration = {
      number: last + 1,
      name: 'takes',
      sql: `
        alter table alert drop column raised_at;
        alter table event add column wanted text not null;
        alter table mute alter column reason type varchar;
        create unique index one_each on delivery (channel);
      `,
      worksFrom: last,
    };
    const breaches = await breachesOf(client, schema, [...MIGRATIONS, taking]);
    expect(breaches.toSorted()).toEqual([
      `step ${last + 1}: alert.raised_at is gone`,
      `step ${last + 1}: delivery demands CREATE UNIQUE INDEX one_each ON ${schema}.delivery USING btree (channel)`,
      `step ${last + 1}: event.wanted is new and must be written`,
      `step ${last + 1}: mute.reason was text and is character varying`,
    ]);
    const saying = { ...taking, worksFrom: last + 1 };
    const other = await newPostgresSchema();
    expect(await breachesOf(client, other.schema, [...MIGRATIONS, saying])).toEqual([]);
  });

  it('loses nothing of what older replicas write and send while a newer one changes its layout', async () => {
    const address = await newPostgresSchema();
    const olders = [await openPostgresStore(address), await openPostgresStore(address)];
    let number = 0;
    let isOver = false;
    const told: string[] = [];
    const goOn = async (store: Store, owner: string): Promise<void> => {
      // Each has a turn after the change as well.
      for (let after = 0; after < 3; after += isOver ? 1 : 0) {
        number += 1;
        await store.commitPoll(aPollOf(number));
        told.push(...(await sendAll(store, owner)));
      }
    };
    const work = Promise.all(olders.map((store, index) => goOn(store, `older-${index}`)));
    while (number < 10) await olders[0]?.auditHead();
    await client.query(`set search_path to ${address.schema}`);
    const migrations = [...MIGRATIONS, ADDING];
    await migrate(client, 'here', { schema: address.schema, migrations });
    isOver = true;
    await work;

    const { rows } = await client.query('select layout, works_from from schema_version');
    expect(rows).toEqual([{ layout: last + 1, works_from: 1 }]);
    const [older] = olders;
    if (older === undefined) throw new RangeError('there are two');
    const ids = Array.from({ length: number }, (_, index) => aPollOf(index + 1).events[0]?.event.id);
    const { items } = await older.listEvents({ limit: number + 1 });
    expect(items.map(({ event }) => event.id).toSorted()).toEqual(ids.toSorted());
    for (let sent = ['']; sent.length > 0; told.push(...sent)) sent = await sendAll(older, 'older-0');
    expect(told.toSorted()).toEqual(ids.toSorted());
    const verdict = await verifyStore(older);
    expect(verdict).toMatchObject({ problems: [], entries: number });
    await Promise.all(olders.map((store) => store.close()));
  });

  it('refuses a program that it has left behind, by name, with exit code 1, and is as it was', {
    timeout: 300_000,
  }, async () => {
    const address = await newPostgresSchema();
    await (await openPostgresStore(address)).close();
    await client.query(`set search_path to ${address.schema}`);
    const taking = {
      ...ADDING,
      sql: 'alter table alert drop column raised_at',
      worksFrom: last + 1,
    };
    await migrate(client, 'here', { schema: address.schema, migrations: [...MIGRATIONS, taking] });
    const home = await makeHome({ connections: [CONNECTION], watches: [WATCH], store: address });
    const refusal = `was written by a newer restore-watcher (layout ${last + 1}, which works from layout ${last + 1} on; this program knows ${last})`;
    try {
      for (const command of ['run', 'once', 'check', 'status', 'jobs']) {
        const { code, stdout, stderr } = await runCommand([command, '--config', home.configFile], {
          cwd: home.dir,
        });
        expect({ command, code }).toEqual({ command, code: 1 });
        expect(stdout + stderr).toContain(refusal);
        expect(stdout + stderr).toContain('Run that version again');
      }
    } finally {
      await home.remove();
    }
    const { rows } = await client.query('select layout, works_from from schema_version');
    expect(rows).toEqual([{ layout: last + 1, works_from: last + 1 }]);
  });
});

const CONNECTION = {
  name: 'atlas',
  baseUrl: 'http://127.0.0.1:1',
  auth: { type: 'digest', publicKey: 'public', privateKey: 'private' },
};
const WATCH = { name: 'orders', kind: 'serverless', groupId: '64b0c1d2e3f4a5b6c7d8e9f0', instanceName: '*' };
const AT = aPollOf(1_000_000).at;

/** Claims what is owed and notes that it was accepted. @returns the events. */
async function sendAll(store: Store, owner: string): Promise<string[]> {
  const request = { channel: 'oncall', limit: 5, now: AT, leaseMs: 60_000, owner, perKey: 'head' } as const;
  // A claim waits for no turn: it may collide, and then nothing is claimed until the next pass, as in the daemon.
  const claimed = await store.claimDeliveries(request).catch((thrown: unknown) => {
    if (thrown instanceof StoreError && thrown.isPassing) return [];
    throw thrown;
  });
  await store.recordOutcomes(
    claimed.map(({ id }) => ({ id, kind: 'delivered', at: AT, detail: 'accepted' })),
    [],
    owner,
  );
  return claimed.map(({ event }) => event.id);
}
