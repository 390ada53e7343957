import { spawn } from 'node:child_process';
import { accessSync } from 'node:fs';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectPostgresStore, openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { PATIENT } from '../../support/test-store.ts';
import { temporaryDirectory } from '../support.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const NOBODY = 65_534;

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A PgBouncer before the database of the tests. @returns the same address by way of it. */
async function byPgBouncer(mode: 'session' | 'transaction') {
  const address = await newPostgresSchema();
  const { hostname, port: serverPort, username } = new URL(address.url);
  const [port, dir] = [await freePort(), temporaryDirectory()];
  const file = join(dir, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${serverPort} user=${username}`,
    '[pgbouncer]',
    ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'auth_type = any', 'unix_socket_dir ='],
    `pool_mode = ${mode}`,
  ];
  await writeFile(file, lines.join('\n'));
  const isRoot = process.getuid?.() === 0;
  await chmod(dir, 0o755);
  if (isRoot) await chown(file, NOBODY, NOBODY);
  const asNobody = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
  const [command = '', ...args] = [...asNobody, PGBOUNCER, file];
  const pooler = spawn(command, args, { stdio: 'ignore' });
  onTestFinished(() => void pooler.kill());
  const url = new URL(address.url);
  url.port = String(port);
  const through = { ...address, url: url.href };
  const connects = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: through.url });
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };
  await expect.poll(connects, { timeout: PATIENCE_MS }).toBe(true);
  return through;
}

describe.skipIf(!hasPostgres() || !isThere(PGBOUNCER))('by way of a PgBouncer', () => {
  it('a store works where each client keeps its connection', async () => {
    const address = await byPgBouncer('session');
    const store = await openPostgresStore({ ...address, limits: PATIENT });
    onTestFinished(() => store.close());
    await Promise.all(Array.from({ length: 8 }, (_, n) => store.noteLook(`k${n}`, n + 1)));
    expect(await store.lastLookAt('k7')).toBe(8);
    expect(await inspectPostgresStore(address, 'readwrite')).toMatchObject({ exists: true });
  });

  it('a store is refused, by name and before anything is made, where connections are lent for a transaction', async () => {
    const address = await byPgBouncer('transaction');
    const refusal = {
      reason: 'unavailable',
      isPassing: false,
      message: expect.stringContaining('one transaction at a time'),
      hint: expect.stringContaining('pool_mode = session'),
    };
    await expect(openPostgresStore({ ...address, limits: PATIENT })).rejects.toMatchObject(refusal);
    await expect(inspectPostgresStore(address, 'readonly')).rejects.toMatchObject(refusal);
    const direct = new pg.Client({ connectionString: address.url });
    await direct.connect();
    onTestFinished(() => direct.end());
    const { rows } = await direct.query('select from pg_namespace where nspname = $1', [address.schema]);
    expect(rows).toEqual([]);
  });
});
