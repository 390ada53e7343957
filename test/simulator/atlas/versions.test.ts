import { describe, expect, it } from 'vitest';
import type { AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import type { AtlasOptions } from '../../../src/simulator/atlas/options.ts';
import { GROUP_ID } from '../../support/builders.ts';
import * as client from './atlas-client.ts';
import { ask, documented } from './atlas-client.ts';

const GROUP = `/groups/${GROUP_ID}`;
const SERVERLESS = `${GROUP}/serverless/orders/backup/restoreJobs`;
const CLUSTER = `${GROUP}/clusters/prod/backup/restoreJobs`;

async function anAtlas(options: Partial<AtlasOptions> = {}): Promise<AtlasSimulator> {
  const atlas = await client.anAtlas(options);
  atlas.addInstance(GROUP_ID, 'orders');
  atlas.addInstance(GROUP_ID, 'prod', 'cluster');
  atlas.addInstance(GROUP_ID, 'carts', 'flex');
  atlas.addInstance(GROUP_ID, 'old', 'legacy');
  return atlas;
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}

describe('v2', () => {
  it.each([
    ['serverless jobs', SERVERLESS, '2023-01-01'],
    ['flex jobs', `${GROUP}/flexClusters/carts/backup/restoreJobs`, '2024-11-13'],
    ['cluster jobs', CLUSTER, '2023-01-01'],
    ['collection jobs', `${GROUP}/clusters/prod/collectionRestoreJobs`, '2025-03-12'],
    ['legacy jobs', `${GROUP}/clusters/old/restoreJobs`, '2023-01-01'],
    ['projects', '/groups', '2023-01-01'],
    ['flex clusters', `${GROUP}/flexClusters`, '2024-11-13'],
    ['serverless instances', `${GROUP}/serverless`, '2023-01-01'],
    ['clusters', `${GROUP}/clusters`, '2023-01-01'],
  ])('wants a version that there was at that date, for %s', async (_, path, date) => {
    const atlas = await anAtlas();
    const right = await ask(atlas, 'v2', path, { date });
    expect(right.status).toBe(200);
    expect(right.headers.get('content-type')).toBe(`application/vnd.atlas.${date}+json;charset=utf-8`);
    expect((await ask(atlas, 'v2', path, { date: dayBefore(date) })).status).toBe(400);
  });

  it('answers in the newest version that is not newer than the one asked for', async () => {
    const atlas = await anAtlas();
    const typeFor = async (date: string) =>
      (await ask(atlas, 'v2', `${GROUP}/clusters`, { date })).headers.get('content-type')?.slice(22, 32);
    expect([await typeFor('2024-08-04'), await typeFor('2024-08-05'), await typeFor('2026-11-23')]).toEqual([
      '2023-01-01',
      '2024-08-05',
      '2024-08-05',
    ]);
  });

  it.each([
    '*/*',
    'application/json',
    'application/vnd.atlas.2022-12-31+json',
    'application/vnd.atlas.latest+json',
  ])('takes %s for no version', async (accept) => {
    const atlas = await anAtlas();
    const reply = await ask(atlas, 'v2', CLUSTER, { headers: { accept } });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual(documented('errors', 'missing-version').body);
  });

  it('can say so with 406, as another page of the documentation has it', async () => {
    const atlas = await anAtlas({ versionErrorStatus: 406 });
    const reply = await ask(atlas, 'v2', CLUSTER, { headers: { accept: '*/*' } });
    expect(reply.status).toBe(406);
    expect(await reply.json()).toMatchObject({
      error: 406,
      errorCode: 'INVALID_VERSION_DATE',
      reason: 'Not Acceptable',
    });
  });
});

it.each(['v1.0', 'public'] as const)('asks for no version in %s', async (api) => {
  const atlas = await anAtlas();
  const reply = await ask(atlas, api, '/groups', { headers: { accept: '*/*' } });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toBe('application/json');
});

describe('the end of a resource', () => {
  const DEPRECATION = 'Wed, 10 Dec 2025 00:00:00 GMT';
  const datesOf = async (reply: Promise<Response>) => {
    const { headers } = await reply;
    return [headers.get('deprecation'), headers.get('sunset')];
  };

  it.each(['v1.0', 'v2'] as const)('can be announced in headers, where there is one: %s', async (api) => {
    const atlas = await anAtlas({ deprecated: true });
    expect(await datesOf(ask(atlas, api, SERVERLESS))).toEqual([
      DEPRECATION,
      'Thu, 15 Jan 2026 00:00:00 GMT',
    ]);
    expect(await datesOf(ask(atlas, api, `${GROUP}/serverless`))).toEqual([
      DEPRECATION,
      'Mon, 18 Jan 2027 00:00:00 GMT',
    ]);
    expect(await datesOf(ask(atlas, api, CLUSTER))).toEqual([null, null]);
  });

  it('may be that of one version', async () => {
    const atlas = await anAtlas({ deprecated: true });
    const datesIn = (date: string) => datesOf(ask(atlas, 'v2', `${GROUP}/clusters`, { date }));
    expect(await datesIn('2023-02-01')).toEqual([expect.any(String), 'Thu, 01 Jul 2027 00:00:00 GMT']);
    expect(await datesIn('2024-08-05')).toEqual([null, null]);
  });

  it('is silent unless told otherwise', async () => {
    expect(await datesOf(ask(await anAtlas(), 'v2', SERVERLESS))).toEqual([null, null]);
  });

  it('can have come for serverless jobs, and for nothing else', async () => {
    const atlas = await anAtlas({ sunset: true });
    const reply = await ask(atlas, 'v1.0', SERVERLESS);
    expect(reply.status).toBe(410);
    expect(reply.headers.get('sunset')).toBe('Thu, 15 Jan 2026 00:00:00 GMT');
    expect(await reply.json()).toEqual(documented('errors', 'sunset').body);
    for (const path of ['/groups', `${GROUP}/serverless`, `${GROUP}/clusters`, CLUSTER]) {
      expect((await ask(atlas, 'v1.0', path)).status, path).toBe(200);
    }
  });
});
