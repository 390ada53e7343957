import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KEEPER_UNIT } from '../../../src/domain/replicas/unit.ts';
import { inspectStore, openStore } from '../../../src/store/open-store.ts';
import type { StoreAddress } from '../../../src/store/ports/address.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { aPollOf } from '../poll-of.ts';

let address: StoreAddress;
/** Does as an administrator what a test needs. */
let admin: pg.Client;

describe.skipIf(!hasPostgres())('what PostgreSQL says', () => {
  beforeAll(async () => {
    address = await newPostgresSchema();
    admin = new pg.Client(address.url);
    await admin.connect();
  });
  afterAll(() => admin.end());

  async function open(over: Partial<StoreAddress> = {}): Promise<Store> {
    const store = await openPostgresStore({ ...address, ...over });
    onTestFinished(() => store.close());
    return store;
  }

  /** A user of this name who may do nothing yet. */
  async function userUrl(name: string, options = ''): Promise<string> {
    await admin.query(`create role ${name} login ${options}`);
    onTestFinished(async () => {
      await admin.query(`drop owned by ${name}`);
      await admin.query(`drop role ${name}`);
    });
    return address.url.replace('//watcher@', `//${name}@`);
  }

  it.each([
    ['a database that is not there', (url: string) => `${url}x`, 'there is no such database', 'createdb'],
    [
      'a user that is not there',
      (url: string) => url.replace('//watcher@', '//nobody:canary-password@'),
      'does not let this user in',
      'pg_hba.conf',
    ],
    [
      'a port where nobody listens',
      (url: string) => url.replace(/:\d+\//, ':1/'),
      'nobody listens there',
      'host and port',
    ],
    [
      'a host that is not known',
      (url: string) => url.replace('127.0.0.1', 'no-such-host.invalid'),
      /this host is not known|cannot be looked up/,
      /host|DNS/,
    ],
  ])('names %s, and says what to do', async (_case, change, why, hint) => {
    const url = change(address.url);
    for (const work of [() => openStore({ url }, {}), () => inspectStore({ url }, { mode: 'readwrite' })]) {
      const fault = await work().catch((error: unknown) => error);
      expect(fault).toMatchObject({ reason: 'unavailable', message: expect.stringMatching(why) });
      expect(fault).toMatchObject({ hint: expect.stringMatching(hint) });
      expect(String(fault)).not.toContain('canary-password');
    }
  });

  it('names the right that a user lacks who may make no tables', async () => {
    const url = await userUrl('stranger');
    const mine = { url, schema: 'of_nobody' };
    await expect(inspectStore(mine, { mode: 'readwrite' })).rejects.toMatchObject({
      message: expect.stringContaining('this user may not make a schema in this database'),
      hint: expect.stringContaining('grant create on database'),
    });
    await expect(openStore(mine, {})).rejects.toMatchObject({
      message: expect.stringContaining('lacks a right (it says: permission denied for database'),
    });
  });

  it('names the right that a user lacks whose tables are another one’s, and nothing is half written', async () => {
    const schema = 'of_somebody_else';
    const owner = await open({ schema });
    const url = await userUrl('reader');
    await admin.query(`grant usage on schema ${schema} to reader`);
    await admin.query(`grant select on all tables in schema ${schema} to reader`);
    const store = await open({ url, schema });
    await expect(inspectStore({ url, schema }, { mode: 'readwrite' })).rejects.toMatchObject({
      message: expect.stringContaining('this user may not insert in the table alert'),
    });
    await expect(store.commitPoll(aPollOf(1))).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('cannot commit a poll: this user lacks a right'),
    });
    await expect(store.checkWritable()).rejects.toMatchObject({ reason: 'unavailable' });
    expect((await owner.auditHead()).seq).toBe(0);

    await admin.query(`grant select, insert, update, delete on all tables in schema ${schema} to reader`);
    await store.commitPoll(aPollOf(1));
    expect((await owner.auditHead()).seq).toBe(1);
    expect(await inspectStore({ url, schema }, { mode: 'readwrite' })).toMatchObject({
      exists: true,
      inUse: false,
    });
  });

  it('is told when the disk of the server is full, and goes on once there is room', async () => {
    const schema = 'no_room';
    const store = await open({ schema });
    await admin.query(`create function ${schema}.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
    await admin.query(
      `create trigger refuse before insert on ${schema}.event execute function ${schema}.refuse()`,
    );
    await expect(store.commitPoll(aPollOf(1))).rejects.toMatchObject({
      message: expect.stringContaining('the disk of the server is full'),
      hint: expect.stringContaining('goes on by itself'),
    });
    expect((await store.auditHead()).seq).toBe(0);
    await admin.query(`drop trigger refuse on ${schema}.event`);
    await store.commitPoll(aPollOf(1));
    expect((await store.auditHead()).seq).toBe(1);
  });

  it('refuses to write on a server that only reads, and reads there', async () => {
    const schema = 'read_only';
    const before = await open({ schema });
    await before.commitPoll(aPollOf(1));
    const url = await userUrl('standby', 'superuser');
    await admin.query('alter role standby set default_transaction_read_only = on');
    await expect(openStore({ url, schema }, {})).rejects.toMatchObject({
      message: expect.stringContaining('it only reads'),
      hint: expect.stringContaining('must lead to the primary'),
    });
    await expect(inspectStore({ url, schema }, { mode: 'readwrite' })).rejects.toThrow('it only reads');
    expect(await inspectStore({ url, schema }, { mode: 'readonly' })).toMatchObject({ exists: true });
    const reader = await openPostgresStore({ url, schema, mode: 'readonly' });
    onTestFinished(() => reader.close());
    expect((await reader.auditHead()).seq).toBe(1);
    await expect(reader.commitPoll(aPollOf(2))).rejects.toMatchObject({
      message: expect.stringContaining('the server only reads'),
    });
  });

  it('makes new connections by another login once it is told of one, and goes on with those that are open', async () => {
    const schema = 'new_login';
    const first = await userUrl('login_a', "superuser password 'a'");
    const second = await userUrl('login_b', "superuser password 'b'");
    const store = await openPostgresStore({ url: first, schema });
    onTestFinished(() => store.close());
    await store.commitPoll(aPollOf(1));
    store.useLogin({ url: second, schema });
    const who = async () =>
      (await admin.query("select distinct usename from pg_stat_activity where usename like 'login_%'")).rows;
    await store.commitPoll(aPollOf(2));
    expect(await who()).toEqual([{ usename: 'login_a' }]);
    await admin.query('alter role login_a nologin');
    await admin.query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'login_a'",
    );
    await expect
      .poll(() =>
        store.commitPoll(aPollOf(3)).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(await who()).toEqual([{ usename: 'login_b' }]);
  });

  it('waits for a lock no longer than it may', async () => {
    const schema = 'locked';
    const limits = {
      connectMs: 9_000,
      statementMs: 9_000,
      lockMs: 50,
      idleInTransactionMs: 9_000,
      answerMs: 9_000,
    };
    const store = await openPostgresStore({ ...address, schema, limits });
    onTestFinished(() => store.close());
    await admin.query(`begin; select 1 from ${schema}.audit_head for update`);
    await expect(store.commitPoll(aPollOf(1))).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('another transaction holds a lock for too long'),
    });
    await admin.query('rollback');
    await store.commitPoll(aPollOf(1));
  });

  it('keeps texts that hold what no text in PostgreSQL can', async () => {
    const store = await open({ schema: 'texts' });
    const muted = await store.addMute({
      ...{
        watch: 'a\0b',
        project: null,
        instance: null,
        target: null,
        job: null,
        labels: null,
        events: null,
      },
      ...{ createdAt: T0, until: null, recurs: null, author: 'ann', reason: 'café ☕ \ud800' },
    });
    expect(muted).toMatchObject({ watch: 'a\uFFFDb', reason: 'café ☕ \uFFFD' });
  });
});

describe.skipIf(!hasPostgres())('a daemon whose connections are ended by an administrator', () => {
  let store: Store;
  let ended: pg.Client;
  beforeAll(async () => {
    const mine = await newPostgresSchema();
    store = await openPostgresStore(mine);
    ended = new pg.Client(mine.url);
    await ended.connect();
  });
  afterAll(async () => {
    await store.close();
    await ended.end();
  });

  const endAll = () =>
    ended.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where application_name like 'restore-watcher, process ${process.pid}%' and pid <> pg_backend_pid()`);

  it('lives on, and goes on under the leases that it has', async () => {
    const membership = await store.join(aJoining());
    if (membership.kind !== 'shared') throw new Error('alone');
    const { held } = await membership.beat({ wanted: [KEEPER_UNIT], configuration: 'c0ffee' });
    const ours = store.under(held[0] ?? { unit: '', token: 0 });
    await ours.commitPoll(aPollOf(1));
    await endAll();
    // Whatever was idle is found dead by the first who asks.
    await expect
      .poll(() =>
        ours.commitPoll(aPollOf(2)).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect((await store.auditHead()).seq).toBe(2);
  });
});
