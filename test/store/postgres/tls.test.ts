import { chown, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.ts';
import { hasPostgres } from '../../support/postgres/shared.ts';
import { makeCertificate } from '../../support/private-certificate.ts';

describe('how a PostgreSQL is reached', () => {
  it.each([
    ['postgres://db.example.com/w', { rejectUnauthorized: true }],
    ['postgres://db.example.com/w?sslmode=verify-full', { rejectUnauthorized: true }],
    ['postgres://db.example.com/w?sslmode=require', { rejectUnauthorized: false }],
    ['postgres://db.example.com/w?sslmode=disable', false],
    ['postgres://127.0.0.1/w', false],
    ['postgres://localhost/w', false],
    ['postgres://[::1]/w', false],
    ['postgres://%2Frun%2Fpostgresql/w', false],
    ['postgres://127.0.0.1/w?sslmode=require', { rejectUnauthorized: false }],
  ])('by TLS unless it is this machine: %s', (url, tls) => {
    expect(readPlace({ url }).tls).toEqual(tls);
  });

  it('takes user, password, host and database as the address has them', () => {
    expect(readPlace({ url: 'postgres://w%40b:p%2Fw@db.example.com/wat%20ch', schema: 's' })).toMatchObject({
      ...{
        user: 'w@b',
        password: 'p/w',
        host: 'db.example.com',
        port: 5432,
        database: 'wat ch',
        schema: 's',
      },
      where: 'postgres://db.example.com/wat%20ch (schema s)',
    });
    expect(readPlace({ url: 'postgres://[::1]:6000/w' })).toMatchObject({ host: '::1', port: 6000 });
    expect(() => readPlace({ url: 'postgres:nonsense' })).toThrow('is no address');
  });
});

const certificate = makeCertificate('IP:127.0.0.1', 'DNS:localhost');

describe.skipIf(!hasPostgres() || certificate === null)('a PostgreSQL that speaks TLS', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    const { caFile = '', keyFile = '' } = certificate ?? {};
    server = await startPostgres();
    const files = {
      ssl_cert_file: join(server.dir, 'server.crt'),
      ssl_key_file: join(server.dir, 'server.key'),
    };
    await copyFile(caFile, files.ssl_cert_file);
    await copyFile(keyFile, files.ssl_key_file);
    if (process.getuid?.() === 0) await chown(files.ssl_key_file, 65_534, 65_534);
    await server.stop();
    await server.configure({ ...files, ssl: 'on' });
    await server.start();
  });
  afterAll(async () => {
    await server.remove();
    certificate?.remove();
  });

  it('is trusted by the authority that store.caFile names, and not without', async () => {
    const caFile = certificate?.caFile ?? '';
    const url = `${server.url}?sslmode=verify-full`;
    const store = await openStore({ url, caFile }, {});
    await store.checkWritable();
    await store.close();
    await expect(openStore({ url }, {})).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('the certificate of the server is not trusted'),
      hint: expect.stringContaining('store.caFile'),
    });
  });

  it('need not prove who it is where nobody asks for that', async () => {
    const store = await openStore({ url: `${server.url}?sslmode=require` }, {});
    await store.close();
  });

  it('is found out when it speaks none', async () => {
    await server.configure({ ssl: 'off' });
    await server.stop();
    await server.start();
    await expect(openStore({ url: `${server.url}?sslmode=require` }, {})).rejects.toMatchObject({
      message: expect.stringContaining('the server speaks no TLS'),
      hint: expect.stringContaining('sslmode=disable'),
    });
  });
});
