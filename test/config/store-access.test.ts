import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readStoreAccess } from '../../src/config/store-access.ts';
import { ConfigError } from '../../src/errors.ts';

const fault = new ConfigError('w.json', [{ path: 'connections[0].auth', message: 'is missing' }]);

async function read(text: string | null, env: Record<string, string> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'store-access-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'w.json');
  if (text !== null) await writeFile(file, text);
  return readStoreAccess(file, { env, fault });
}

it('reads the store of a configuration whose secrets are not there', async () => {
  const text = `{ // by hand
    "connections": [{ "name": "atlas", "auth": { "privateKey": "\${NOT_SET}" } }],
    "watches": [{ "name": "orders" }, { "nmae": "slip" }],
    "store": { "url": "sqlite:\${DATA:-/var/lib}/w.db" },
    "server": { "port": 9000, "token": "\${ALSO_NOT_SET}" }, }`;
  expect(await read(text)).toMatchObject({
    store: { url: 'sqlite:/var/lib/w.db' },
    audit: { file: './data/audit.jsonl' },
    server: { host: '127.0.0.1', port: 9000, token: null },
    watches: [{ name: 'orders' }],
    channels: [],
    fault: 'connections[0].auth: is missing',
  });
});

it('reads as far as JSON goes that breaks off, and takes the defaults for the rest', async () => {
  const access = await read('{ "store": { "url": "sqlite:a.db" }, "watches": [ { "name": "orders" ');
  expect(access).toMatchObject({ store: { url: 'sqlite:a.db' }, watches: [{ name: 'orders' }] });
  expect(await read('no json at all')).toMatchObject({ store: { url: 'sqlite:./data/watcher.db' } });
});

it('takes the token where it can be had', async () => {
  const text = '{ "server": { "token": "${TOKEN}", "host": "0.0.0.0" } }';
  expect(await read(text, { TOKEN: 'abc' })).toMatchObject({ server: { host: '0.0.0.0', token: 'abc' } });
});

it('names what is wrong with store.url alone, and says what the whole file says when there is none', async () => {
  await expect(read('{ "store": { "url": "${STORE}" } }')).rejects.toMatchObject({
    issues: [{ path: 'store.url', message: 'the environment variable STORE is not set' }],
  });
  await expect(read('{ "store": { "url": 7 } }')).rejects.toBeInstanceOf(ConfigError);
  await expect(read(null)).rejects.toBe(fault);
});
