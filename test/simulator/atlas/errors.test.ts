import { describe, expect, it } from 'vitest';
import type { AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import { ATLAS_ERROR_CODES, type AtlasErrorCode, statusOf } from '../../../src/simulator/atlas/errors.ts';
import type { InstanceKind } from '../../../src/simulator/atlas/instances/instance-kind.ts';
import type { Refusal } from '../../../src/simulator/atlas/refusals.ts';
import { serverlessJob } from '../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, jobId, T0 } from '../../support/builders.ts';
import * as client from './atlas-client.ts';
import { ask, documented, type Root, read } from './atlas-client.ts';
import { ERROR_TABLE, problemsOf } from './field-tables.ts';

interface ErrorCase {
  status: number;
  headers: Record<string, string>;
  body: { errorCode: string; parameters: string[] };
}

const JOBS = pathOf('serverless', 'orders');
const JOB_ID = jobId(1);

/** An Atlas project with an instance of each kind, named after it; the serverless one, `orders`, has a job. */
async function anAtlas(): Promise<AtlasSimulator> {
  const atlas = await client.anAtlas();
  atlas.addInstance(GROUP_ID, 'orders');
  for (const kind of ['flex', 'cluster', 'collection', 'legacy', 'free'] as const) {
    atlas.addInstance(GROUP_ID, kind, kind);
  }
  atlas.putJob(GROUP_ID, 'orders', serverlessJob({ id: JOB_ID, createdAt: T0, instance: 'orders' }));
  return atlas;
}

function pathOf(api: 'serverless' | 'flex' | 'cluster' | 'collection' | 'legacy', name: string): string {
  const [instances, jobs] = {
    serverless: ['serverless', 'backup/restoreJobs'],
    flex: ['flexClusters', 'backup/restoreJobs'],
    cluster: ['clusters', 'backup/restoreJobs'],
    collection: ['clusters', 'collectionRestoreJobs'],
    legacy: ['clusters', 'restoreJobs'],
  }[api];
  return `/groups/${GROUP_ID}/${instances}/${name}/${jobs}`;
}

describe('an error', () => {
  it.each<[string, Root, string, Record<string, InstanceKind>]>([
    ['group-not-found', 'v1.0', '/groups/111111111111111111111111/serverless/orders/backup/restoreJobs', {}],
    ['invalid-group-id', 'v1.0', '/groups/xyz/serverless/orders/backup/restoreJobs', {}],
    ['serverless-instance-not-found', 'v1.0', pathOf('serverless', 'orders-sls'), {}],
    ['cluster-not-found', 'v1.0', pathOf('cluster', 'orders-prod'), {}],
    ['invalid-job-id', 'v1.0', `${JOBS}/xyz`, {}],
    [
      'restore-job-not-found',
      'v1.0',
      `${pathOf('cluster', 'orders-prod')}/690710a5c1d2e3f4a5b6c701`,
      { 'orders-prod': 'cluster' },
    ],
    [
      'flex-restore-not-found',
      'v2',
      `${pathOf('flex', 'orders-flex')}/690710a5c1d2e3f4a5b6c741`,
      { 'orders-flex': 'flex' },
    ],
    ['dedicated-name-in-flex-api', 'v2', pathOf('flex', 'orders-prod'), { 'orders-prod': 'cluster' }],
    ['flex-name-in-cluster-api', 'v2', pathOf('cluster', 'orders-flex'), { 'orders-flex': 'flex' }],
    ['serverless-name-in-cluster-api', 'v2', pathOf('cluster', 'orders-sls'), { 'orders-sls': 'serverless' }],
    [
      'cluster-name-in-serverless-api',
      'v2',
      pathOf('serverless', 'orders-prod'),
      { 'orders-prod': 'cluster' },
    ],
  ])('is word for word the documented case %s', async (name, api, path, instances) => {
    const atlas = await anAtlas();
    for (const [instance, kind] of Object.entries(instances)) atlas.addInstance(GROUP_ID, instance, kind);
    await expectSame(name, await ask(atlas, api, path));
  });

  it.each([
    ['no-role', 'USER_UNAUTHORIZED', {}],
    ['project-refused', 'USER_CANNOT_ACCESS_GROUP', {}],
    ['key-not-in-project', 'NOT_IN_GROUP', {}],
    ['unpaid', 'ACCOUNT_SUSPENDED', {}],
    ['ip-not-on-access-list', 'IP_ADDRESS_NOT_ON_ACCESS_LIST', {}],
    ['org-requires-access-list', 'ORG_REQUIRES_ACCESS_LIST', {}],
    ['not-an-atlas-project', 'NOT_ATLAS_GROUP', {}],
    ['invalid-path-parameter', 'INVALID_PATH_PARAMETER', {}],
    ['wrong-backup-api', 'INCORRECT_BACKUP_API_ENDPOINT', { parameters: ['…'] }],
    ['sunset', 'VERSION_GONE', {}],
    ['server-error', 'UNEXPECTED_ERROR', {}],
    ['unavailable', 'SERVICE_UNAVAILABLE', { retryAfter: 30 }],
    [
      'rate-limited-token-bucket',
      'RATE_LIMITED_TOKEN_BUCKET',
      { parameters: ['api/atlas/v2/orgs', 55, 10, 5, 60] },
    ],
    ['rate-limited-legacy', 'RATE_LIMITED', { parameters: ['/api/atlas/v1.0/groups', 100, 1] }],
  ] as const)('can be made the answer of a whole project: %s', async (name, code, how) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP_ID, code, how);
    const reply = await ask(atlas, 'v1.0', JOBS);
    const { headers } = documented<ErrorCase>('errors', name);
    if ('retryAfter' in how) expect(reply.headers.get('retry-after')).toBe(headers['Retry-After']);
    await expectSame(name, reply);
    atlas.refuse(GROUP_ID, null);
    expect((await ask(atlas, 'v1.0', JOBS)).status).toBe(200);
  });

  it.each(ATLAS_ERROR_CODES)('of every code has its status and the form of all errors: %s', async (code) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP_ID, code);
    const reply = await ask(atlas, 'v2', `${JOBS}/${JOB_ID}`);
    expect(reply.status).toBe(statusOf(code));
    expect(reply.headers.get('x-error-code')).toBe(code);
    const body = await reply.json();
    expect(problemsOf(body, ERROR_TABLE)).toEqual([]);
    expect(body).toMatchObject({ error: statusOf(code), errorCode: code });
    expect((body as { detail: string }).detail).not.toMatch(/\{\d\}| {2}|undefined/);
  });

  it.each<[string, AtlasErrorCode, Omit<Refusal, 'code'>, number]>([
    ['406', 'INVALID_VERSION_DATE', { status: 406 }, 406],
    ['the older name of an access list', 'IP_ADDRESS_NOT_ON_WHITELIST', {}, 403],
    ['a date to wait for', 'SERVICE_UNAVAILABLE', { retryAfter: 'Wed, 25 Nov 2026 12:00:00 GMT' }, 503],
  ])('can have %s', async (_, code, how, status) => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP_ID, code, how);
    const reply = await ask(atlas, 'v2', JOBS);
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([status, how.retryAfter ?? null]);
  });

  it('can come from the layer in front of the API: pretty-printed, without parameters and code in the headers', async () => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP_ID, 'UNEXPECTED_ERROR', { status: 401 });
    const reply = await ask(atlas, 'v2', JOBS);
    expect(reply.headers.has('x-error-code')).toBe(false);
    expect(await reply.text()).toBe(JSON.stringify(documented('errors', 'bad-api-key').body, null, 2));
  });

  it('can be the answer of a part of a project', async () => {
    const atlas = await anAtlas();
    atlas.refuse(GROUP_ID, 'USER_UNAUTHORIZED', { onlyPath: '/backup/' });
    expect((await ask(atlas, 'v2', JOBS)).status).toBe(401);
    expect((await ask(atlas, 'v2', `/groups/${GROUP_ID}/clusters`)).status).toBe(200);
  });

  it('is given to other methods and other paths', async () => {
    const atlas = await anAtlas();
    expect((await ask(atlas, 'v1.0', JOBS, { method: 'DELETE' })).status).toBe(405);
    expect((await ask(atlas, 'v1.0', `${JOBS}/${JOB_ID}/more`)).status).toBe(404);
    expect((await ask(atlas, 'v1.0', '/groups//clusters')).status).toBe(404);
  });
});

describe('an instance that is asked for through the API of another kind', () => {
  const NO_FLEX = 'CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API';
  const NO_SERVERLESS = 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API';
  const IS_FLEX = 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API';
  const IS_SERVERLESS = 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API';
  const OTHER_BACKUP = 'INCORRECT_BACKUP_API_ENDPOINT';
  const NO_BACKUP = 'BACKUP_JOB_NOT_FOUND';
  const NOT_ON_TIER = 'FEATURE_UNSUPPORTED';

  it.each([
    [
      'orders',
      {
        serverless: null,
        flex: NO_FLEX,
        cluster: IS_SERVERLESS,
        collection: IS_SERVERLESS,
        legacy: IS_SERVERLESS,
      },
    ],
    [
      'flex',
      { serverless: NO_SERVERLESS, flex: null, cluster: IS_FLEX, collection: IS_FLEX, legacy: IS_FLEX },
    ],
    [
      'cluster',
      { serverless: NO_SERVERLESS, flex: NO_FLEX, cluster: null, collection: null, legacy: OTHER_BACKUP },
    ],
    [
      'collection',
      { serverless: NO_SERVERLESS, flex: NO_FLEX, cluster: null, collection: null, legacy: OTHER_BACKUP },
    ],
    [
      'legacy',
      { serverless: NO_SERVERLESS, flex: NO_FLEX, cluster: NO_BACKUP, collection: NO_BACKUP, legacy: null },
    ],
    [
      'free',
      {
        serverless: NO_SERVERLESS,
        flex: NO_FLEX,
        cluster: NOT_ON_TIER,
        collection: NOT_ON_TIER,
        legacy: NOT_ON_TIER,
      },
    ],
  ])('is told by the code: %s', async (name, expected) => {
    const atlas = await anAtlas();
    const codes: Record<string, unknown> = {};
    for (const api of ['serverless', 'flex', 'cluster', 'collection', 'legacy'] as const) {
      codes[api] = (await read(atlas, 'v2', pathOf(api, name))).errorCode ?? null;
    }
    expect(codes).toEqual(expected);
  });

  it('has no jobs of that kind put into it', async () => {
    const atlas = await anAtlas();
    const job = serverlessJob({ createdAt: T0, instance: 'flex' });
    expect(() => atlas.putJob(GROUP_ID, 'flex', job)).toThrow('has no jobs of the kind serverless');
  });
});

describe('a name that is not there', () => {
  it.each<[Root, string, string, string]>([
    ['v1.0', 'serverless', pathOf('serverless', 'x'), 'SERVERLESS_INSTANCE_NOT_FOUND'],
    ['v2', 'flex', pathOf('flex', 'x'), 'CLUSTER_NOT_FOUND'],
    ['v2', 'cluster', pathOf('cluster', 'x'), 'CLUSTER_NOT_FOUND'],
    ['v2', 'collection', pathOf('collection', 'x'), 'CLUSTER_NOT_FOUND'],
    ['v2', 'legacy', pathOf('legacy', 'x'), 'CLUSTER_NOT_FOUND'],
    ['v2', 'a serverless job', `${pathOf('serverless', 'orders')}/${jobId(9)}`, 'RESTORE_JOB_NOT_FOUND'],
    ['v2', 'a flex job', `${pathOf('flex', 'flex')}/${jobId(9)}`, 'TENANT_RESTORE_NOT_FOUND'],
    ['v2', 'a cluster job', `${pathOf('cluster', 'cluster')}/${jobId(9)}`, 'RESTORE_JOB_NOT_FOUND'],
    ['v2', 'a collection job', `${pathOf('collection', 'cluster')}/${jobId(9)}`, 'RESTORE_JOB_NOT_FOUND'],
    ['v2', 'a legacy job', `${pathOf('legacy', 'legacy')}/${jobId(9)}`, 'RESTORE_JOB_NOT_FOUND'],
  ])('is answered in %s by the code of its kind: %s', async (api, _, path, errorCode) => {
    const atlas = await anAtlas();
    const reply = await ask(atlas, api, path);
    expect(reply.status).toBe(404);
    expect(await reply.json()).toMatchObject({ errorCode });
  });

  it('may be a job that was there', async () => {
    const atlas = await anAtlas();
    atlas.removeJob(GROUP_ID, 'orders', JOB_ID);
    expect(await read(atlas, 'v1.0', `${JOBS}/${JOB_ID}`)).toMatchObject({ parameters: [JOB_ID, 'orders'] });
  });
});

async function expectSame(name: string, reply: Response): Promise<void> {
  const expected = documented<ErrorCase>('errors', name);
  expect(reply.status).toBe(expected.status);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(reply.headers.get('x-error-code')).toBe(expected.body.errorCode);
  const body = await reply.json();
  expect(body).toEqual(expected.body);
  expect(problemsOf(body, ERROR_TABLE)).toEqual([]);
}
