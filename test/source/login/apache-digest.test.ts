import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../src/source/wire/http-exchange.ts';
import { freePort } from '../../support/free-port.ts';
import { aConnection, get, PATH } from '../support.ts';

/** Where Debian and Ubuntu put the package apache2. */
const APACHE = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const isInstalled = existsSync(APACHE) && existsSync(join(MODULES, 'mod_auth_digest.so'));
if (!isInstalled) console.warn('apache2 with mod_auth_digest is not installed: its tests are skipped');

const REALM = 'MMS Public API';
let folder = '';
let apache: ChildProcess | null = null;
let url = '';

function configFor(port: number, nonceLifeSeconds: number): string {
  const modules = [
    'mpm_event',
    'authn_core',
    'authn_file',
    'authz_core',
    'authz_user',
    'auth_digest',
    'mime',
  ];
  const userLines = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : [];
  return [
    `ServerRoot "${folder}"`,
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${port}`,
    `PidFile "${join(folder, 'apache.pid')}"`,
    `ErrorLog "${join(folder, 'error.log')}"`,
    `DefaultRuntimeDir "${folder}"`,
    `DocumentRoot "${join(folder, 'htdocs')}"`,
    ...modules.map((name) => `LoadModule ${name}_module "${MODULES}/mod_${name}.so"`),
    ...userLines,
    'TypesConfig /dev/null',
    // Room for 50 connections: at its limit Apache closes some that wait for their next request.
    'ThreadsPerChild 64',
    'MaxRequestWorkers 256',
    'KeepAlive On',
    'MaxKeepAliveRequests 0',
    `<Directory "${join(folder, 'htdocs')}">`,
    '  ForceType application/json',
    '  AuthType Digest',
    `  AuthName "${REALM}"`,
    '  AuthDigestProvider file',
    `  AuthUserFile "${join(folder, 'users')}"`,
    `  AuthDigestNonceLifetime ${nonceLifeSeconds}`,
    '  Require valid-user',
    '</Directory>',
    '',
  ].join('\n');
}

async function startApache(nonceLifeSeconds: number): Promise<void> {
  const port = await freePort();
  const config = join(folder, 'apache.conf');
  writeFileSync(config, configFor(port, nonceLifeSeconds));
  apache = spawn(APACHE, ['-f', config, '-DFOREGROUND'], { stdio: 'ignore' });
  url = `http://127.0.0.1:${port}`;
  const isUp = async (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );
  while (!(await isUp())) {
    if (apache.exitCode !== null)
      throw new Error(`apache2 ended: ${readFileSync(join(folder, 'error.log'))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function stopApache(): Promise<void> {
  const child = apache;
  apache = null;
  if (child === null || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

describe.skipIf(!isInstalled)('a login to Apache mod_auth_digest', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'apache-digest-'));
    const place = join(folder, 'htdocs', PATH);
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, '{"fine":true}');
    const hash = createHash('md5').update(`public:${REALM}:private`).digest('hex');
    writeFileSync(join(folder, 'users'), `public:${REALM}:${hash}\n`);
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    await startApache(60);
  });

  afterAll(async () => {
    await stopApache();
    rmSync(folder, { recursive: true, force: true });
  });

  function recorded(over: Parameters<typeof aConnection>[1] = {}) {
    const records: RequestRecord[] = [];
    const connection = aConnection(url, { retries: 4, onRequest: (record) => records.push(record), ...over });
    const count = (wanted: RequestRecord['status']): number =>
      records.filter(({ status }) => status === wanted).length;
    return { connection, records, count };
  }

  it('costs hardly more than a request a call over 3,000 calls in a row', async () => {
    const { connection, records, count } = recorded();
    for (let call = 0; call < 3_000; call += 1) await get(connection);
    expect(count(200)).toBe(3_000);
    expect(records.length).toBeLessThan(3_000 * 1.01);
  });

  it('fails no call of 30 rounds of 50 at once', async () => {
    const { connection, records, count } = recorded();
    for (let round = 0; round < 30; round += 1) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => get(connection)));
      expect(replies.every(({ body }) => JSON.stringify(body) === '{"fine":true}')).toBe(true);
    }
    expect(count(200)).toBe(1_500);
    expect(records.length).toBeLessThan(1_500 * 1.1);
  });

  it('signs a query as Apache reads it', async () => {
    const { connection } = recorded();
    await expect(get(connection, undefined, `${PATH}?itemsPerPage=500&name=a%20b`)).resolves.toMatchObject({
      status: 200,
    });
  });

  it('costs two requests with a wrong key', async () => {
    const { connection, records } = recorded({
      auth: { type: 'digest', publicKey: 'public', privateKey: 'wrong' },
    });
    await expect(get(connection)).rejects.toMatchObject({ reason: 'auth' });
    expect(records).toHaveLength(2);
  });

  it('fails no call while nonces run out after a second', async () => {
    await stopApache();
    await startApache(1);
    const { connection, records, count } = recorded();
    let calls = 0;
    for (const end = performance.now() + 3_500; performance.now() < end; calls += 10) {
      await Promise.all(Array.from({ length: 10 }, () => get(connection)));
    }
    expect(count(200)).toBe(calls);
    expect(count(401)).toBeGreaterThan(1);
    expect(records.length).toBeLessThan(calls * 1.1);
  });
});
