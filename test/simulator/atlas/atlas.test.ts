import { describe, expect, it } from 'vitest';
import type { AtlasOptions, AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import type { SimulatedJob } from '../../../src/simulator/atlas/jobs/simulated-job.ts';
import { serverlessJob } from '../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, jobId, MINUTE, T0 } from '../../support/builders.ts';
import * as client from './atlas-client.ts';
import { documented, LOGIN, type Shown } from './atlas-client.ts';
import { fetchByDigest } from './login/digest-client.ts';

const JOBS = `/groups/${GROUP_ID}/serverless/orders/backup/restoreJobs`;

let atlas: AtlasSimulator;

async function anAtlas(jobs = 0, options: Partial<AtlasOptions> = {}): Promise<void> {
  atlas = await client.anAtlas(options);
  atlas.addInstance(GROUP_ID, 'orders');
  for (let number = 1; number <= jobs; number += 1) atlas.putJob(GROUP_ID, 'orders', aJob(number));
}

function aJob(number = 1): SimulatedJob {
  const createdAt = T0 + number * MINUTE;
  return serverlessJob({ id: jobId(number, createdAt), createdAt, instance: 'orders' });
}

function ask(path: string, init?: RequestInit): Promise<Response> {
  return client.ask(atlas, 'v1.0', path, init);
}

function body(path: string): Promise<Shown> {
  return client.read(atlas, 'v1.0', path);
}

describe('logging in', () => {
  it('lets a right key pair in, and logs the challenge and the answer to it', async () => {
    await anAtlas(1);
    expect((await ask(JOBS)).status).toBe(200);
    expect(atlas.requests).toMatchObject([
      { method: 'GET', path: `/api/atlas/v1.0${JOBS}`, authenticated: false, status: 401 },
      { method: 'GET', path: `/api/atlas/v1.0${JOBS}`, authenticated: true, status: 200 },
    ]);
    expect(atlas.digest).toMatchObject({ accepted: 1, challenges: 1, failures: 0 });
  });

  it('answers a wrong key as it answers a first challenge: pretty-printed and without a code in the headers', async () => {
    await anAtlas();
    const reply = await fetchByDigest(`${atlas.url}/api/atlas/v1.0${JOBS}`, { ...LOGIN, password: 'old' });
    const challenge = documented('errors', 'bad-api-key');
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Digest realm="MMS Public API", .*stale=false$/);
    expect(reply.headers.has('x-error-code')).toBe(false);
    expect(await reply.text()).toBe(JSON.stringify(challenge.body, null, 2));
  });

  it('asks for a login before it says what exists', async () => {
    await anAtlas();
    expect((await fetch(`${atlas.url}/nowhere`)).status).toBe(401);
    expect((await ask('/nowhere')).status).toBe(404);
  });
});

describe('a list', () => {
  it('of nothing is a success with an empty list', async () => {
    await anAtlas();
    expect(await body(JOBS)).toEqual({
      links: [
        {
          href: `${atlas.url}/api/atlas/v1.0${JOBS}?includeCount=true&pageNum=1&itemsPerPage=100`,
          rel: 'self',
        },
      ],
      results: [],
      totalCount: 0,
    });
  });

  it('has 100 jobs a page unless asked otherwise, and every job is on just one page', async () => {
    await anAtlas(250);
    const pages = await Promise.all([1, 2, 3, 4].map((page) => body(`${JOBS}?pageNum=${page}`)));
    expect(pages.map(({ results }) => results.length)).toEqual([100, 100, 50, 0]);
    expect(pages.map(({ links }) => links.map(({ rel }) => rel))).toEqual([
      ['self', 'next'],
      ['self', 'previous', 'next'],
      ['self', 'previous'],
      ['self', 'previous'],
    ]);
    const ids = pages.flatMap(({ results }) => results.map(({ id }) => id));
    expect(new Set(ids).size).toBe(250);
    expect(pages[0]!.totalCount).toBe(250);
  });

  it('links to the page that comes next', async () => {
    await anAtlas(3);
    const first = await body(`${JOBS}?itemsPerPage=2`);
    const next = first.links.find(({ rel }) => rel === 'next')!.href;
    const second = await (await fetchByDigest(next, LOGIN)).json();
    expect(second).toMatchObject({ results: [{ id: aJob(3).id }] });
  });

  it('can have links that lead elsewhere', async () => {
    await anAtlas(3, { linkOrigin: 'https://elsewhere.example' });
    const { links, results } = await body(`${JOBS}?itemsPerPage=2`);
    const ofJobs = results.flatMap((job) => job.links as Shown['links']);
    const origins = [...links, ...ofJobs].map(({ href }) => new URL(href).origin);
    expect(new Set(origins)).toEqual(new Set(['https://elsewhere.example']));
  });

  it('leaves the count out when it is declined', async () => {
    await anAtlas(1);
    expect(await body(`${JOBS}?includeCount=false`)).not.toHaveProperty('totalCount');
  });

  it.each(['pageNum=0', 'pageNum=x', 'itemsPerPage=0', 'itemsPerPage=501', 'includeCount=1', 'pretty=yes'])(
    'refuses %s',
    async (query) => {
      await anAtlas(1);
      const reply = await ask(`${JOBS}?${query}`);
      expect(reply.status).toBe(400);
      expect(await reply.json()).toMatchObject({ errorCode: 'INVALID_QUERY_PARAMETER' });
    },
  );

  it.each([
    ['insertion', [2, 1, 3]],
    ['newest', [3, 2, 1]],
  ] as const)('can come in the order %s', async (order, expected) => {
    await anAtlas(0, { order });
    for (const number of [2, 1, 3]) atlas.putJob(GROUP_ID, 'orders', aJob(number));
    const { results } = await body(JOBS);
    expect(results.map(({ id }) => id)).toEqual(expected.map((number) => aJob(number).id));
  });
});

describe('envelope and pretty', () => {
  it.each(['content', 'envelope'] as const)(
    'wraps one job with its status under the key %s',
    async (envelopeKey) => {
      await anAtlas(1, { envelopeKey });
      const wrapped = await body(`${JOBS}/${aJob().id}?envelope=true`);
      expect(wrapped).toEqual({ status: 200, [envelopeKey]: await body(`${JOBS}/${aJob().id}`) });
    },
  );

  it('puts the status of a list beside its results', async () => {
    await anAtlas(1);
    expect(await body(`${JOBS}?envelope=true`)).toEqual({ status: 200, ...(await body(JOBS)) });
  });

  it('hides an error behind HTTP 200', async () => {
    await anAtlas();
    const reply = await ask(`${JOBS}/${jobId(9)}?envelope=true`);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({
      status: 404,
      content: { errorCode: 'RESTORE_JOB_NOT_FOUND' },
    });
  });

  it('indents, and changes nothing else', async () => {
    await anAtlas(1);
    const text = await (await ask(`${JOBS}?pretty=true`)).text();
    expect(text).toBe(JSON.stringify(await body(JOBS), null, 2));
  });
});

it('reports a request as soon as it comes in', async () => {
  await anAtlas(1);
  const waiting = atlas.waitForRequest(({ authenticated }) => authenticated);
  await ask(JOBS);
  expect(await waiting).toMatchObject({ path: `/api/atlas/v1.0${JOBS}` });
});

it('refuses to change what is not there', async () => {
  await anAtlas();
  expect(() => atlas.putJob(GROUP_ID, 'other', aJob())).toThrow('no instance other');
  expect(() => atlas.updateJob(GROUP_ID, 'orders', jobId(1), {})).toThrow('no job');
  expect(() => atlas.removeJob(GROUP_ID, 'orders', jobId(1))).toThrow('no job');
});
