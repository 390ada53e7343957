import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StepName } from '../../src/diagnosis/diagnosis.ts';
import type { AtlasErrorCode } from '../../src/simulator/atlas/errors.ts';
import { jobId } from '../support/builders.ts';
import type { Home } from '../support/daemon.ts';
import {
  ACCOUNT,
  anAtlas,
  aServer,
  checkOnline,
  configFor,
  type Expected,
  expectFault,
  KEYS,
  type Settings,
} from './check-online-support.ts';
import { command, GROUP, settle } from './support.ts';

describe('what Atlas refuses', () => {
  it.each<[AtlasErrorCode, StepName, RegExp]>([
    ['USER_UNAUTHORIZED', 'project', /the role Project Backup Manager in this project/],
    ['USER_CANNOT_ACCESS_GROUP', 'project', /the role Project Backup Manager/],
    ['NOT_IN_GROUP', 'project', /Compare groupId.*invite the API key/],
    ['ACCOUNT_SUSPENDED', 'project', /unpaid invoice/],
    ['IP_ADDRESS_NOT_ON_ACCESS_LIST', 'accessList', /Add 203\.0\.113\.7.*not to the network access list/],
    ['IP_ADDRESS_NOT_ON_WHITELIST', 'accessList', /API access list/],
    ['ORG_REQUIRES_ACCESS_LIST', 'accessList', /demands an API access list.*add one/],
    ['ORG_REQUIRES_WHITELIST', 'accessList', /demands an API access list/],
    ['RESOURCE_REQUIRES_ACCESS_LIST', 'accessList', /demands an API access list/],
    ['RESOURCE_REQUIRES_WHITELIST', 'accessList', /demands an API access list/],
    ['ACCESS_FORBIDDEN', 'instance', /tier.*Project Backup Manager/],
    ['INVALID_GROUP_ID', 'project', /24 hexadecimal/],
    ['CLUSTER_NAME_NOT_FOUND', 'instance', /deleted, renamed or migrated/],
    ['RESOURCE_NOT_FOUND', 'instance', /Check instanceName and kind, and baseUrl/],
    ['NOT_ATLAS_GROUP', 'project', /kind legacy/],
    ['ATLAS_GROUP', 'project', /cloud\.mongodb\.com/],
    ['INVALID_PATH_PARAMETER', 'instance', /Check groupId, instanceName/],
    ['INVALID_QUERY_PARAMETER', 'instance', /Check groupId, instanceName/],
    ['VALIDATION_ERROR', 'instance', /Check groupId, instanceName/],
    ['INVALID_VERSION_DATE', 'instance', /version/],
    ['VERSION_GONE', 'instance', /no longer offers/],
    ['RATE_LIMITED', 'project', /shared by everybody/],
    ['UNEXPECTED_ERROR', 'connection', /cannot answer at the moment/],
    ['SERVICE_UNAVAILABLE', 'connection', /cannot answer at the moment/],
  ])('%s ends at the %s and says what to do', async (code, step, hint) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP, code);
    await expectFault(configFor(atlas.url), { step, code, hint });
  });

  it('406 for a version means the same as 400', async () => {
    const atlas = await anAtlas();
    atlas.setFault({ kind: 'status', status: 406, errorCode: 'INVALID_VERSION_DATE' });
    const expected = { step: 'instance', code: 'INVALID_VERSION_DATE', hint: /version/ } as const;
    await expectFault(configFor(atlas.url), expected);
  });

  it('410 names the day on which the API ended', async () => {
    const atlas = await anAtlas();
    const headers = { sunset: 'Thu, 22 Jan 2026 00:00:00 GMT' };
    atlas.setFault({ kind: 'status', status: 410, errorCode: 'VERSION_GONE', headers });
    const expected = { step: 'instance', code: 'VERSION_GONE', hint: /2026-01-22/ } as const;
    await expectFault(configFor(atlas.url), expected);
  });

  it('429 of a token bucket does not keep anybody waiting', async () => {
    const atlas = await anAtlas();
    atlas.setFault({ kind: 'status', status: 429, errorCode: 'RATE_LIMITED_TOKEN_BUCKET', retryAfter: 55 });
    const expected = { code: 'RATE_LIMITED_TOKEN_BUCKET', hint: /requestsPerMinute/ } as const;
    await expectFault(configFor(atlas.url), { ...expected, step: 'project' });
  });
});

describe('a watch that is not what is there', () => {
  const elsewhere = GROUP.replace('64b0', '64b1');

  it.each<[what: string, watch: Settings, expected: Expected]>([
    [
      'a dedicated cluster under flex',
      { kind: 'flex' },
      {
        step: 'instance',
        code: 'CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API',
        hint: /orders is a dedicated cluster: use the kind cluster/,
        suggestion: { kind: 'cluster' },
      },
    ],
    [
      'a flex cluster under cluster',
      { instanceName: 'carts' },
      {
        step: 'instance',
        code: 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API',
        hint: /carts is a flex cluster: use the kind flex/,
        suggestion: { kind: 'flex' },
      },
    ],
    [
      'a flex cluster under collection',
      { kind: 'collection', instanceName: 'carts' },
      {
        step: 'instance',
        code: 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API',
        hint: /use the kind flex/,
        suggestion: { kind: 'flex' },
      },
    ],
    [
      'a serverless instance under cluster',
      { instanceName: 'users' },
      {
        step: 'instance',
        code: 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API',
        hint: /users is a serverless instance: use the kind serverless/,
        suggestion: { kind: 'serverless' },
      },
    ],
    [
      'a dedicated cluster under serverless',
      { kind: 'serverless' },
      {
        step: 'instance',
        code: 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API',
        hint: /use the kind cluster/,
        suggestion: { kind: 'cluster' },
      },
    ],
    [
      'a flex cluster under serverless, of which Atlas says no more than that it is a cluster',
      { kind: 'serverless', instanceName: 'carts' },
      {
        step: 'instance',
        code: 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API',
        hint: /use the kind flex/,
        suggestion: { kind: 'flex' },
      },
    ],
    [
      'cloud backups under legacy',
      { kind: 'legacy' },
      {
        step: 'instance',
        code: 'INCORRECT_BACKUP_API_ENDPOINT',
        hint: /use the kind cluster/,
        suggestion: { kind: 'cluster' },
      },
    ],
    [
      'a cluster without backup',
      { instanceName: 'billing' },
      { step: 'instance', code: 'BACKUP_JOB_NOT_FOUND', hint: /Backup is switched off/ },
    ],
    [
      'a free cluster',
      { instanceName: 'playground' },
      { step: 'instance', code: 'FEATURE_UNSUPPORTED', hint: /Check the tier/ },
    ],
    [
      'a name with a slip of the finger',
      { instanceName: 'ordres' },
      {
        step: 'instance',
        code: 'CLUSTER_NOT_FOUND',
        hint: /Did you mean "orders"\?/,
        suggestion: { instanceName: 'orders' },
      },
    ],
    [
      'a serverless instance that has become something else',
      { kind: 'serverless', instanceName: 'cart' },
      {
        step: 'instance',
        code: 'SERVERLESS_INSTANCE_NOT_FOUND',
        hint: /Did you mean "carts", which is a flex cluster\?/,
        suggestion: { instanceName: 'carts', kind: 'flex' },
      },
    ],
    [
      'a name like no other',
      { instanceName: 'zzz' },
      { step: 'instance', code: 'CLUSTER_NOT_FOUND', hint: /The project has .*"orders \(cluster\)"/ },
    ],
    [
      'a project id with a slip of the finger',
      { groupId: elsewhere },
      {
        step: 'project',
        code: 'GROUP_NOT_FOUND',
        hint: new RegExp(`Did you mean ${GROUP} \\(`),
        suggestion: { groupId: GROUP },
      },
    ],
    [
      'a job that belongs elsewhere',
      { restoreJobIds: [jobId(1)] },
      { step: 'job', code: null, hint: /belongs to the instance that the backup came from/ },
    ],
    [
      'a job of a flex cluster that is not there',
      { kind: 'flex', instanceName: 'carts', restoreJobIds: [jobId(1)] },
      { step: 'job', code: null, hint: /Check restoreJobIds/ },
    ],
  ])('%s', async (_what, watch, expected) => {
    const { url } = await anAtlas();
    await expectFault(configFor(url, watch), expected);
  });

  it.each<[kind: string, role: string]>([
    ['serverless', 'Project Owner'],
    ['flex', 'Project Read Only'],
    ['cluster', 'Project Backup Manager'],
    ['collection', 'Project Backup Manager'],
    ['legacy', 'Project Read Only'],
  ])('names the role that reading needs: %s, %s', async (kind, role) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP, 'USER_UNAUTHORIZED');
    await expectFault(configFor(atlas.url, { kind }), {
      step: 'project',
      code: 'USER_UNAUTHORIZED',
      hint: new RegExp(`the role ${role} `),
    });
  });

  it('is odd, and no fault, where * stands for serverless instances and Atlas lists none', async () => {
    const atlas = await anAtlas();
    atlas.removeInstance(GROUP, 'users');
    const { code, out } = await checkOnline(configFor(atlas.url, { kind: 'serverless', instanceName: '*' }));
    expect(code).toBe(0);
    expect(out).toMatch(/Odd\n {2}nightly: instance: .*serverless in January 2026/);
  });
});

describe('a credential that is wrong', () => {
  it('is told from one that may not do something, and costs two requests, however many watches use it', async () => {
    const atlas = await anAtlas();
    const auth = { type: 'digest', publicKey: KEYS.publicKey, privateKey: 'canary-of-another' };
    const config = configFor(atlas.url, {}, { auth });
    await expectFault(config, {
      step: 'credential',
      code: 'UNEXPECTED_ERROR',
      hint: /public and the private key.*rotated.*another environment/,
    });
    const before = atlas.requests.length;
    const watches = ['a', 'b', 'c'].map((name) => ({ ...(config.watches as Settings[])[0], name }));
    const { code, out } = await checkOnline({ ...config, watches });
    expect(code).toBe(1);
    expect(out).toContain('\na, b, c: credential\n');
    expect(atlas.requests.length - before).toBe(2);
  });

  it('is not blamed when the server only goes on saying that the login is out of date', async () => {
    const url = await aServer((_request, response) => {
      const challenge = `Digest realm="MMS Public API", nonce="${Math.random()}", algorithm=MD5, qop="auth", stale=true`;
      response.writeHead(401, { 'www-authenticate': challenge }).end('{"errorCode":"UNEXPECTED_ERROR"}');
    });
    await expectFault(configFor(url), { step: 'connection', code: 'UNEXPECTED_ERROR', hint: /out of date/ });
  });
});

describe('a service account', () => {
  const auth = { type: 'serviceAccount', ...ACCOUNT };

  it('that is right is content, with one token', async () => {
    const atlas = await anAtlas();
    expect(await checkOnline(configFor(atlas.url, {}, { auth }))).toMatchObject({ code: 0, err: '' });
    expect(atlas.tokens).toMatchObject({ requests: 1, issued: 1 });
  });

  it('with a wrong or expired secret ends at the credential', async () => {
    const { url } = await anAtlas();
    const wrong = { ...auth, clientSecret: 'mdb_sa_sk_canary_of_old' };
    await expectFault(configFor(url, {}, { auth: wrong }), {
      step: 'credential',
      code: 'invalid_client',
      hint: /has the secret expired/,
    });
  });

  it('with too many live tokens ends there too, and says what to wait for', async () => {
    const atlas = await anAtlas();
    atlas.refuseTokens('access_denied');
    await expectFault(configFor(atlas.url, {}, { auth }), {
      step: 'credential',
      code: 'access_denied',
      hint: /100 live access tokens/,
    });
  });

  it.each<[AtlasErrorCode, StepName, RegExp]>([
    ['USER_UNAUTHORIZED', 'project', /Give the service account the role Project Backup Manager/],
    ['IP_ADDRESS_NOT_ON_ACCESS_LIST', 'accessList', /API access list of this service account/],
  ])('is called what it is: %s', async (code, step, hint) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP, code);
    await expectFault(configFor(atlas.url, {}, { auth }), { step, code, hint });
  });
});

describe('the command', () => {
  it('is content with twenty watches of every kind hardly later than with one, over one login', async () => {
    const atlas = await anAtlas();
    const kinds = ['cluster', 'collection', 'flex', 'serverless', 'legacy'] as const;
    const names = {
      cluster: 'orders',
      collection: 'orders',
      flex: 'carts',
      serverless: 'users',
      legacy: 'billing',
    };
    const watches = Array.from({ length: 20 }, (_, index) => {
      const kind = kinds[index % kinds.length] ?? 'cluster';
      return { name: `watch-${index}`, kind, groupId: GROUP, instanceName: names[kind] };
    });
    const home = await settle({ ...configFor(atlas.url), watches });
    const ofOne = await settle({ ...configFor(atlas.url), watches: watches.slice(0, 1) });
    const timed = async (place: Home) => {
      const startedAt = performance.now();
      const result = await command(place, ['check', '--online']);
      return { ...result, ms: performance.now() - startedAt };
    };
    const { ms: oneMs } = await timed(ofOne);
    const asked = atlas.requests.length;
    const { code, stdout, ms } = await timed(home);
    expect(ms).toBeLessThan(4 * oneMs);
    expect(code).toBe(0);
    expect(stdout).toContain('Atlas can be read for 20 watches.');
    const requests = atlas.requests.slice(asked);
    expect(requests.filter(({ authenticated }) => !authenticated)).toHaveLength(1);
    expect(requests).toHaveLength(21);
  });

  it('makes no database and no file, and exits with 1 and a hint on a fault', async () => {
    const atlas = await anAtlas();
    const home = await settle(configFor(atlas.url, { kind: 'flex' }));
    const { code, stdout, stderr } = await command(home, ['check', '--online']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('  write: "kind": "cluster"\n');
    expect(await readdir(home.dir)).toEqual(['watcher.config.json']);
  });

  it('prints JSON that a script can act on', async () => {
    const atlas = await anAtlas();
    const home = await settle(configFor(atlas.url, { instanceName: 'carts' }));
    const { code, stdout } = await command(home, ['check', '--online', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      online: [
        {
          watch: 'nightly',
          ok: false,
          steps: expect.arrayContaining([
            expect.objectContaining({ step: 'instance', suggestion: { kind: 'flex' } }),
          ]),
        },
      ],
    });
  });

  it.each<[what: string, connection: Settings, words: string]>([
    [
      'a certificate file that is not there',
      { baseUrl: 'https://127.0.0.1:1', caFile: './none.pem' },
      'caFile',
    ],
    ['an address that is none', { baseUrl: 'cloud.mongodb.com' }, 'baseUrl'],
  ])('exits with 2 for a fault of the configuration itself: %s', async (_what, connection, words) => {
    const home = await settle(configFor('http://127.0.0.1:1', {}, connection));
    const { code, stdout, stderr } = await command(home, ['check', '--online']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});
