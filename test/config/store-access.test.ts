import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readStoreAccess } from '../../src/config/store-access.ts';
import { ConfigError } from '../../src/errors.ts';
import { aRoute } from '../support/builders.ts';

const fault = new ConfigError('w.json', [{ path: 'connections[0].auth', message: 'is missing' }]);

async function read(text: string | null, env: Record<string, string> = {}, refused = fault) {
  const dir = await mkdtemp(join(tmpdir(), 'store-access-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'w.json');
  if (text !== null) await writeFile(file, text);
  return readStoreAccess(file, { env, fault: refused });
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
    isWhole: false,
    fault: 'connections[0].auth: is missing',
  });
});

const SOUND = `{
  "connections": [ { "name": "atlas" } ],
  "watches": [
    { "name": "orders", "groupId": "5f0e1d2c3b4a596877665544" },
    { "name": "carts" }
  ],
  "channels": [ { "name": "oncall" } ],
  "store": { "url": "sqlite:prod.db" },
  "audit": { "file": "prod.jsonl" }
}`;

it('takes of a broken file what stands whole before or behind the fault, and knows that names may be missing', async () => {
  expect(await read(SOUND)).toMatchObject({ isWhole: true });
  const broken = SOUND.replace('"carts"', '"carts');
  expect(await read(broken)).toMatchObject({
    store: { url: 'sqlite:prod.db' },
    audit: { file: 'prod.jsonl' },
    server: null,
    isWhole: false,
  });
  const behind = `${SOUND.replace('"audit"', '"audit')}`;
  expect(await read(behind)).toMatchObject({
    store: { url: 'sqlite:prod.db' },
    audit: null,
    watches: [{ name: 'orders' }, { name: 'carts' }],
    isWhole: true,
  });
});

it.each([
  ['its closing quote is missing', SOUND.replace('prod.db"', 'prod.db')],
  ['its opening quote is missing', SOUND.replace('"sqlite', 'sqlite')],
  ['the quote of its key is missing', SOUND.replace('"store"', '"store')],
  ['the file breaks off before it', SOUND.slice(0, SOUND.indexOf('"store"'))],
  ['the file breaks off within it', SOUND.slice(0, SOUND.indexOf('prod.db') + 4)],
  ['it stands in what may be a comment', SOUND.replace('"carts"', '"carts').replace('{', '{ /*')],
  ['it is a comment', SOUND.replace('"carts"', '"carts').replace('  "store"', '  // "store"')],
  ['it stands there twice', SOUND.replace('"audit"', '"store": { "url": "sqlite:b.db" }, "audit')],
  ['another key is named so', SOUND.replace('"carts"', '"carts').replace('"atlas"', '{ "store": 1 }')],
  ['there is nothing', ''],
  ['there is a list', '[]'],
  ['there is no JSON at all', 'no json at all'],
])('refuses to guess the store of a broken file: %s', async (_case, text) => {
  const refused = expect(read(text)).rejects;
  await refused.toMatchObject({
    issues: [{ path: 'store', message: expect.stringMatching(/^cannot be read with certainty: ./) }],
    hint: expect.stringContaining('--store sqlite:PATH'),
  });
});

it.each([
  ['a slip in its key', '{ "stroe": { "url": "sqlite:prod.db" } }', 'stroe'],
  ['a slip within it', '{ "store": { "ulr": "sqlite:prod.db" } }', 'store.ulr'],
  ['another form', '{ "store": "sqlite:prod.db" }', 'store'],
])('refuses to take the default for a store that is written with %s', async (_case, text, path) => {
  const slip = new ConfigError('w.json', [{ path, message: 'is refused' }]);
  const refusal = await read(text, {}, slip).catch((thrown: unknown) => thrown);
  expect(refusal).toBeInstanceOf(ConfigError);
  expect(JSON.stringify((refusal as ConfigError).issues)).toContain('is refused');
});

it('takes the default where the store is certainly not written', async () => {
  expect(await read('{ "watches": [] }')).toMatchObject({ store: { url: 'sqlite:./data/watcher.db' } });
});

it('reads where a PostgreSQL is, with what goes by its name', async () => {
  const text = `{ "store": { "url": "postgres://w:\${PW}@db/w", "schema": "restores", "caFile": "ca.pem" }, "x": 1 }`;
  expect(await read(text, { PW: 'secret' })).toMatchObject({
    store: { url: 'postgres://w:secret@db/w', schema: 'restores', caFile: 'ca.pem' },
  });
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

const TELLING = `{
  "store": { "url": "sqlite:x.db" },
  "watches": [{ "name": "orders" }],
  "channels": [
    { "name": "oncall", "type": "slack", "url": "\${NOT_SET}", "fallback": "dba", "fallbackAfter": "5m" },
    { "name": "dba", "type": "email", "smtpUrl": "\${NOT_SET}" }
  ],
  "routes": [{ "events": ["failed"], "channels": ["oncall"] }]
}`;
const unset = (path: string) => new ConfigError('w.json', [{ path, message: 'NOT_SET is not set' }]);

it('knows who is told of what without any secret', async () => {
  const { telling } = await read(TELLING, {}, unset('channels[0].url'));
  expect(telling).toEqual({
    channels: ['oncall', 'dba'],
    routes: [aRoute({ events: ['failed'], channels: ['oncall'] })],
    fallbacks: [{ channel: 'oncall', fallback: 'dba', afterMs: 300_000 }],
  });
});

it.each([
  ['the routes have a fault', TELLING, 'routes[0].channels'],
  ['a channel has no certain name', TELLING, 'channels[0].name'],
  ['a placeholder stands in a route', TELLING.replace('"failed"', '"${EVENT}"'), 'routes[0].events[0]'],
  ['the file breaks off in the routes', TELLING.replace('"failed"', '"failed'), ''],
  ['a key may have been meant for them', TELLING.replace('"routes"', '"rotues"'), 'rotues'],
])('does not say who is told of what where %s', async (_why, text, path) => {
  expect((await read(text, {}, unset(path))).telling).toBeNull();
});
