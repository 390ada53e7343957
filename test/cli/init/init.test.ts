import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { ACCOUNT, aFolder, anAtlas, IN_ENV, KEYS, MONEY, run, runAtTerminal, SHOP } from './support.ts';

/** The watches of a configuration that `init` has written. */
async function watchesOf(file: string): Promise<string[]> {
  const { watches } = await loadConfig(file, { env: IN_ENV });
  return watches.map(({ name, kind, groupId, instanceName }) =>
    [name, kind, groupId, instanceName].join(' '),
  );
}

describe('init', () => {
  it('writes a configuration that check --online accepts, and no secret into it', async () => {
    const atlas = await anAtlas();
    const config = join(aFolder(), 'watcher.config.json');
    const first = await run(['init', '--base-url', atlas.url, '-c', config], IN_ENV);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/shop +64b0c1d2e3f4a5b6c7d8e9f0 +orders +cluster\n/);
    expect(first.out).toMatch(/Next:\n +restore-watcher check --online/);
    expect(await watchesOf(config)).toEqual([
      `shop-flex flex ${SHOP} *`,
      `shop-clusters cluster ${SHOP} *`,
      `money cluster ${MONEY} *`,
    ]);
    expect(readFileSync(config, 'utf8')).not.toContain('canary');

    const check = await run(['check', '--online', '-c', config], IN_ENV);
    expect(check.code).toBe(0);
    expect(check.out).toContain('Atlas can be read for 3 watches.');
  });

  it('logs in with a service account whose secret is in a file', async () => {
    const atlas = await anAtlas();
    const folder = aFolder();
    const [config, secret] = [join(folder, 'c.json'), join(folder, 'secret')];
    writeFileSync(secret, `${ACCOUNT.clientSecret}\n`);
    const login = ['--client-id', ACCOUNT.clientId, '--client-secret-file', secret];
    const { code, out } = await run([
      'init',
      ...login,
      '--base-url',
      `${atlas.url}/api/atlas/v2`,
      '-c',
      config,
    ]);
    expect(code).toBe(0);
    expect(out).toContain('export ATLAS_CLIENT_ID=…');
    const text = readFileSync(config, 'utf8');
    expect(text).toContain(`"clientId": "\${ATLAS_CLIENT_ID}", "clientSecret": "\${file:${secret}}"`);
    expect(text).toContain(`"baseUrl": "${atlas.url}",`);
  });

  it('asks at a terminal for what is missing, and shows nothing of a secret', async () => {
    const atlas = await anAtlas();
    const folder = aFolder();
    const config = join(folder, 'c.json');
    const { code, out, screen } = await runAtTerminal(
      ['init', '--base-url', atlas.url, '-c', config],
      [
        ['Public key', `${KEYS.publicKey}\r`],
        ['Private key', `${KEYS.privateKey}\r`],
        ['Which projects?', 'money\r'],
        ['Slack', '\r'],
        ['[y/N]', 'y\r'],
      ],
    );
    expect(code).toBe(0);
    expect(screen + out).not.toContain(KEYS.privateKey);
    expect(await watchesOf(config)).toEqual([`money cluster ${MONEY} *`]);
    const variables = join(folder, '.env');
    expect(readFileSync(variables, 'utf8')).toBe(
      `ATLAS_PUBLIC_KEY=${KEYS.publicKey}\nATLAS_PRIVATE_KEY=${KEYS.privateKey}\n`,
    );
    expect(statSync(variables).mode & 0o777).toBe(0o600);
  });

  it('ends at Ctrl-C, and has written nothing', async () => {
    const config = join(aFolder(), 'c.json');
    const { code, screen } = await runAtTerminal(
      ['init', '-c', config],
      [
        ['Public key', 'some\r'],
        ['Private key', '\u0003'],
      ],
    );
    expect(code).toBe(1);
    expect(screen).toContain('interrupted; nothing was written');
    expect(() => statSync(config)).toThrow();
  });

  it('ends at Ctrl-C while it looks around in Atlas, and has written nothing', async () => {
    const atlas = await anAtlas();
    const folder = aFolder();
    const { code, err, screen } = await runAtTerminal(
      ['init', '--base-url', atlas.url, '--project', 'money', '--write-env', '-c', join(folder, 'c.json')],
      [
        ['Public key', `${KEYS.publicKey}\r`],
        ['Private key', `${KEYS.privateKey}\r\u0003`],
      ],
    );
    expect(code).toBe(1);
    expect(err + screen).toContain('interrupted; nothing was written');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps variables from others in a file that they could read, and what a link leads to', async () => {
    const atlas = await anAtlas();
    const folder = aFolder();
    const [real, link] = [join(folder, 'real.env'), join(folder, 'link.env')];
    writeFileSync(real, 'OTHER=1\n', { mode: 0o644 });
    symlinkSync(real, link);
    const argv = ['init', '--base-url', atlas.url, '--write-env', link, '-c', join(folder, 'c.json')];
    const { code } = await run(argv, IN_ENV);
    expect(code).toBe(0);
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(readFileSync(real, 'utf8')).toMatch(/^OTHER=1\nATLAS_PUBLIC_KEY=/);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(['c.json', 'link.env', 'real.env']);
  });

  it.each<[what: string, argv: string[], env: Record<string, string>, says: string]>([
    [
      'everything',
      [],
      {},
      'error: a credential for Atlas is missing, and nobody can be asked here\nhint: Set ATLAS_PUBLIC_KEY and ATLAS_PRIVATE_KEY (an API key), or ATLAS_CLIENT_ID and ATLAS_CLIENT_SECRET (a service account); "init --help" names the options.\n',
    ],
    [
      'the secret',
      [],
      { ATLAS_PUBLIC_KEY: 'x' },
      'error: the privateKey of the credential is missing (ATLAS_PUBLIC_KEY is there), and nobody can be asked here\nhint: Set ATLAS_PRIVATE_KEY, or give --private-key-file FILE.\n',
    ],
    [
      'the id',
      ['--client-secret-file', '/run/secrets/atlas'],
      {},
      'error: the clientId of the credential is missing (the other half is there), and nobody can be asked here\nhint: Set ATLAS_CLIENT_ID, or give --client-id ID.\n',
    ],
    [
      'a choice between two credentials',
      ['--public-key', 'x', '--client-id', 'y'],
      {},
      'error: an API key and a service account are both given\nhint: Take --public-key with --private-key-file, or --client-id with --client-secret-file.\n',
    ],
  ])('without a terminal, names what is missing: %s', async (_what, argv, env, says) => {
    const { code, err } = await run(['init', ...argv, '-c', join(aFolder(), 'c.json')], env);
    expect([code, err]).toEqual([2, says]);
  });

  it('leaves a configuration that is there as it is, unless it is told to replace it', async () => {
    const atlas = await anAtlas();
    const config = join(aFolder(), 'c.json');
    writeFileSync(config, 'mine');
    const refused = await run(['init', '-c', config], IN_ENV);
    expect([refused.code, refused.err]).toEqual([
      2,
      `error: ${config} is there already, and is left as it is\nhint: Write another one with --config FILE, or replace it with --force.\n`,
    ]);
    expect(readFileSync(config, 'utf8')).toBe('mine');
    const forced = await run(['init', '--force', '--base-url', atlas.url, '-c', config], IN_ENV);
    expect(forced.code).toBe(0);
    expect(await watchesOf(config)).toHaveLength(3);
  });

  it('says in the words of check --online why it gets to no project', async () => {
    const atlas = await anAtlas();
    const argv = ['init', '--base-url', atlas.url, '-c', join(aFolder(), 'c.json')];
    const wrong = await run(argv, { ...IN_ENV, ATLAS_PRIVATE_KEY: 'wrong' });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/^error: credential: .*401.*\nhint: Check the public and the private key/);
    atlas.setFault({ kind: 'status', status: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
    const shut = await run([...argv, '--json'], IN_ENV);
    expect(shut.code).toBe(1);
    expect(shut.json().error).toMatchObject({
      code: 'source_refused',
      message: expect.stringMatching(/^access list: /),
      hint: expect.stringContaining('not to the network access list'),
    });
  });

  it('writes the configuration where a role is missing, names the role, and exits with 1', async () => {
    const atlas = await anAtlas();
    atlas.refuse(MONEY, 'USER_UNAUTHORIZED', { onlyPath: /restoreJobs/ });
    const config = join(aFolder(), 'c.json');
    const { code, out } = await run(['init', '--base-url', atlas.url, '-c', config], IN_ENV);
    expect(code).toBe(1);
    expect(out).toContain('1 of 3 watches cannot be polled.');
    expect(out).toContain('the role Project Backup Manager');
    expect(await watchesOf(config)).toHaveLength(3);
  });

  it('says what could not be read, in the file too, and what that means', async () => {
    const atlas = await anAtlas();
    atlas.refuse(SHOP, 'USER_UNAUTHORIZED', { onlyPath: /flexClusters/ });
    const config = join(aFolder(), 'c.json');
    const { code, out } = await run(['init', '--base-url', atlas.url, '-c', config], IN_ENV);
    expect(code).toBe(1);
    const words =
      /flex instances of project shop could not be listed, so that no watch here follows any by that list/;
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(words);
    expect(readFileSync(config, 'utf8')).toMatch(words);
    expect((await watchesOf(config)).some((watch) => watch.includes('flex'))).toBe(false);
  });

  it('takes named projects and instances, and Slack from the environment; --json says what it found', async () => {
    const atlas = await anAtlas();
    const config = join(aFolder(), 'c.json');
    const choice = ['--project', 'shop', '--instance', 'or*', '--write-env', '--json'];
    const env = { ...IN_ENV, SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/canary' };
    const made = await run(['init', ...choice, '--base-url', atlas.url, '-c', config], env);
    expect(made.code).toBe(0);
    expect(made.json()).toMatchObject({
      ok: true,
      file: config,
      connection: { baseUrl: atlas.url, auth: 'digest' },
      projects: [
        {
          name: 'shop',
          groupId: SHOP,
          instances: [
            { name: 'carts', kind: 'flex' },
            { name: 'orders', kind: 'cluster' },
          ],
        },
        { name: 'money', instances: [{ name: 'billing' }] },
      ],
      watches: [{ name: 'orders', kind: 'cluster', groupId: SHOP, instanceName: 'orders' }],
      unset: [],
    });
    expect(made.out).not.toContain('canary');
    const { channels, routes, warnings } = await loadConfig(config, { env });
    expect([channels.map(({ name }) => name), routes.length, warnings]).toEqual([['oncall'], 1, []]);

    const unknown = await run(
      ['init', '--project', 'shp', '--force', '--base-url', atlas.url, '-c', config],
      env,
    );
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('the credential sees no project "shp"; did you mean "shop"?');
  });

  it('says that there is nothing to watch', async () => {
    const atlas = await anAtlas();
    const argv = ['init', '--base-url', atlas.url, '-c', join(aFolder(), 'c.json')];
    const { code, err } = await run([...argv, '--instance', 'nothing'], IN_ENV);
    expect(code).toBe(1);
    expect(err).toContain('error: there is nothing to watch in 2 projects\nhint: Restores are those of');
  });
});
