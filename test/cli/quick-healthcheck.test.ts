import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askHealth } from '../../src/cli/commands/healthcheck/ask.ts';
import { askQuickly, sayAlive } from '../../src/cli/commands/healthcheck/quick.ts';
import { NOT_ABOUT_ADDRESS } from '../../src/config/schema/default-server.ts';
import { knownKeys } from '../../src/config/schema/known-keys.ts';
import { CONFIG_SCHEMA } from '../../src/config/schema/schema.ts';

let home: string;
let server: Server;
let port: number;
let status = 200;
const asked: Array<string | undefined> = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
  server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(async () => {
  server.close();
  await rm(home, { recursive: true });
});

async function aFile(text: string): Promise<string> {
  const file = join(home, 'watcher.config.json');
  await writeFile(file, text.replace('PORT', String(port)).replace(/<(\w+)>/, '$${$1}'));
  return file;
}

/** The kind of answer to `healthcheck` with this configuration. */
async function answerWith(text: string, env: Record<string, string> = {}): Promise<string | null> {
  const answer = await askQuickly(['healthcheck', '-c', await aFile(text)], env);
  return answer?.kind ?? null;
}

const PLAIN = '{ "watches": [], "server": { "port": PORT } }';

describe('healthcheck without the rest of the program', () => {
  it.each([
    ['the port alone', PLAIN, {}],
    ['comments and trailing commas', '{ // here\n "server": { "port": PORT, "host": "127.0.0.1", }, }', {}],
    ['every address', '{ "server": { "port": PORT, "host": "0.0.0.0", "token": "<TOKEN>" } }', {}],
    [
      'keys that do not say where it listens',
      '{ "server": { "port": PORT, "token": "<NONE>", "viewToken": "<NONE>", "publicBadges": 1, "publicUrl": "<NONE>", "runbookUrl": "<NONE>" } }',
      {},
    ],
    ['a key that nobody knows', '{ "server": { "port": PORT, "host": "127.0.0.1", "hots": "x" } }', {}],
    [
      'a host from the environment',
      '{ "server": { "port": PORT, "host": "<HOST>" } }',
      { HOST: '127.0.0.1' },
    ],
  ])('asks the daemon at the port of the configuration: %s', async (_, text, env) => {
    asked.length = 0;
    expect(await answerWith(text, env)).toBe('alive');
    expect(asked).toEqual(['/healthz']);
  });

  it('asks at a port out of a variable', async () => {
    expect(await answerWith('{ "server": { "port": "<NUMBER>" } }', { NUMBER: String(port) })).toBe('alive');
  });

  it('knows every key of the server', () => {
    const known = knownKeys(CONFIG_SCHEMA, {}, ['server']);
    expect(known.toSorted()).toEqual([...NOT_ABOUT_ADDRESS, 'host', 'port'].toSorted());
  });

  it('tells what else is answered, and that nobody answers', async () => {
    status = 503;
    expect(await answerWith(PLAIN)).toBe('other');
    status = 200;
    expect(await answerWith('{ "server": { "port": 1 } }')).toBe('none');
  });

  it.each([
    ['nothing', '', 'ECONNRESET'],
    ['another protocol', 'SSH-2.0-OpenSSH_10.0\r\n', 'what came is no answer in HTTP'],
    ['an answer in two pieces', 'HTTP/1.|1 503 Service Unavailable\r\n\r\n', 503],
  ])('tells what comes from who listens there: %s', async (_, said, expected) => {
    const other = createTcpServer(async (socket) => {
      socket.setNoDelay(true);
      for (const piece of said.split('|')) {
        socket.write(piece);
        await new Promise(setImmediate);
      }
      socket.end();
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const answer = await askHealth({
      host: '127.0.0.1',
      port: typeof address === 'object' && address ? address.port : 0,
    });
    other.close();
    expect(answer).toMatchObject(
      typeof expected === 'number' ? { kind: 'other', status: expected } : { kind: 'none', reason: expected },
    );
  });

  it.each([
    ['any free port', '{ "server": { "port": 0 } }', {}],
    ['a port that is none', '{ "server": { "port": "8080" } }', {}],
    ['a port out of a variable that is none', '{ "server": { "port": "<NUMBER>" } }', { NUMBER: '08080' }],
    ['a host in brackets', '{ "server": { "port": PORT, "host": "[::1]" } }', {}],
    ['a variable that is not set', '{ "server": { "port": PORT, "host": "<HOST>" } }', {}],
    ['a key that stands twice', '{ "server": { "port": 1, "port": PORT } }', {}],
    ['a key that stands twice, once escaped', '{ "server": { "port": 1, "p\\u006frt": PORT } }', {}],
    ['a text that is no JSON', '{ "server": }', {}],
    ['no object', '[]', {}],
    ['a byte order mark', `\uFEFF${PLAIN}`, {}],
    ['a proxy that is none', PLAIN, { HTTPS_PROXY: 'nowhere' }],
    ['a key that may be `port` misspelt', '{ "server": { "prot": PORT } }', {}],
    ['one key too many', '{ "server": { "port": PORT, "hots": "127.0.0.1" } }', {}],
  ])('leaves to the whole program what is not plain: %s', async (_, text, env) => {
    asked.length = 0;
    expect(await answerWith(text, env)).toBeNull();
    expect(asked).toEqual([]);
  });

  it('finds the configuration as every command does', async () => {
    const file = await aFile(PLAIN);
    const named = { RESTORE_WATCHER_CONFIG: file };
    const alive = { kind: 'alive' };
    expect(await askQuickly(['healthcheck'], named)).toMatchObject(alive);
    expect(await askQuickly(['--config', file, 'healthcheck'], {})).toMatchObject(alive);
    expect(await askQuickly(['healthcheck', '-c', file], { RESTORE_WATCHER_CONFIG: 'x' })).toMatchObject(
      alive,
    );
    expect(await askQuickly(['healthcheck', '--config', 'nowhere.json'], named)).toBeNull();
    for (const other of [['--help'], ['extra'], ['--json'], ['-c'], ['-c', file, 'x'], ['--config', '-x']]) {
      expect(await askQuickly(['healthcheck', ...other], named)).toBeNull();
    }
    expect(await askQuickly(['jobs'], named)).toBeNull();
  });

  it('leaves alone a command whose configuration is called healthcheck', async () => {
    const file = await aFile(PLAIN);
    expect(await askQuickly(['-c', 'healthcheck', file], {})).toBeNull();
    expect(await askQuickly(['--config', 'healthcheck', 'healthcheck'], {})).toBeNull();
  });

  it('reads nothing but a file, since a pipe has its text once', async () => {
    const pipe = join(home, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await askQuickly(['healthcheck', '-c', pipe], {})).toBeNull();
    expect(await askQuickly(['healthcheck', '-c', home], {})).toBeNull();
  });

  it('has said it when it is written or nobody reads, and not when it cannot be written', async () => {
    const saying = (fault: string | null) =>
      sayAlive(
        new Writable({
          write: (_chunk, _encoding, done) =>
            done(fault === null ? null : Object.assign(new Error(fault), { code: fault })),
        }),
        {},
      );
    expect(await saying(null)).toBe(true);
    expect(await saying('EPIPE')).toBe(true);
    expect(await saying('ENOSPC')).toBe(false);
  });
});
