import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { createAtlasSource } from '../../src/source/atlas-source.ts';
import type { Connection } from '../../src/source/connection.ts';
import { serverlessJobs } from '../../src/source/kinds/serverless.ts';
import type { JobReading, JobSource } from '../../src/source/source.ts';
import { aTarget, jobId } from '../support/builders.ts';
import { listen, stop } from '../support/strict-digest-server.ts';
import { aConnection } from './support.ts';

interface Case {
  name: string;
  verdict: string;
  body: unknown;
}

const fixture = new URL('../fixtures/atlas-examples/serverless.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const bodyOf = (name: string): unknown => cases.find((candidate) => candidate.name === name)!.body;

const target = aTarget({ instanceName: 'orders sls' });
const { signal } = new AbortController();
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map(stop));
});

/** A source that gets this answer to each of its requests; `status` and body. */
async function sourceOf(
  respond: (request: IncomingMessage) => { status?: number; body: unknown },
): Promise<{ source: JobSource; requests: IncomingMessage[]; connection: Connection }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const { status = 200, body } = respond(request);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  });
  servers.push(server);
  const connection = aConnection(await listen(server));
  return {
    source: createAtlasSource({ connection, clock: systemClock, adapters: [serverlessJobs] }),
    requests,
    connection,
  };
}

async function listAll(source: JobSource): Promise<JobReading[][]> {
  const pages: JobReading[][] = [];
  for await (const page of source.listJobs(target, { signal, isUrgent: false })) pages.push(page.readings());
  return pages;
}

const idOf = (reading: JobReading): string | null =>
  reading.kind === 'job' ? reading.job.id : reading.jobId;

describe('one job over HTTP', () => {
  const jobs = cases.filter(({ verdict }) => !/^(http_error|empty_list|list)/.test(verdict));

  it.each(jobs)('$name is $verdict', async ({ verdict, body }) => {
    const { source, requests } = await sourceOf(() => ({ body }));
    const id = /"id":"(\w+)"/.exec(JSON.stringify(body))![1]!;
    expect(await source.readJob(target, id, { signal, isUrgent: false })).toMatchObject({
      kind: 'job',
      job: { id, state: verdict },
    });
    expect(requests[0]?.url).toBe(
      `/api/atlas/v1.0/groups/${target.groupId}/serverless/orders%20sls/backup/restoreJobs/${id}`,
    );
    expect(requests[0]?.headers.accept).toBe('application/json');
  });

  it.each<[string, number, unknown, string | null]>([
    ['a 404', 404, { errorCode: 'RESTORE_JOB_NOT_FOUND' }, 'RESTORE_JOB_NOT_FOUND'],
    ['an enveloped 404', 200, bodyOf('envelope-error'), 'RESTORE_JOB_NOT_FOUND'],
  ])('is answered with "not found" by %s', async (_name, status, body, atlasCode) => {
    const { source } = await sourceOf(() => ({ status, body }));
    expect(await source.readJob(target, jobId(1), { signal, isUrgent: false })).toEqual({
      kind: 'not_found',
      atlasCode,
    });
  });

  it.each([
    ['the project', { errorCode: 'GROUP_NOT_FOUND' }, 'not_found'],
    ['the instance', { errorCode: 'SERVERLESS_INSTANCE_NOT_FOUND' }, 'not_found'],
    ['a proxy', '<html>not found</html>', 'bad_response'],
    ['a gateway', { message: 'no route' }, 'bad_response'],
    ['nothing that it names', {}, 'bad_response'],
    ['an address', { errorCode: 'RESOURCE_NOT_FOUND' }, 'not_found'],
  ])('fails when the 404 is about %s', async (_name, body, reason) => {
    const { source } = await sourceOf(() => ({ status: 404, body }));
    await expect(source.readJob(target, jobId(1), { signal, isUrgent: false })).rejects.toMatchObject({
      reason,
    });
  });

  it('is unreadable when the answer is about another job', async () => {
    const { source } = await sourceOf(() => ({ body: bodyOf('finished') }));
    expect(await source.readJob(target, jobId(1), { signal, isUrgent: false })).toMatchObject({
      kind: 'unreadable',
      jobId: jobId(1),
      problem: expect.stringContaining('another job'),
    });
  });

  it('is unreadable under the id that was asked for when the answer has none', async () => {
    const { source } = await sourceOf(() => ({ body: {} }));
    expect(await source.readJob(target, jobId(1), { signal, isUrgent: false })).toMatchObject({
      kind: 'unreadable',
      jobId: jobId(1),
    });
  });
});

describe('a list over HTTP', () => {
  const job = (number: number) => ({ id: jobId(number), deliveryType: 'automated' });
  const link = (rel: string) => ({ rel, href: 'http://127.0.0.1:1/elsewhere' });

  it('is empty when Atlas says so', async () => {
    const { source, requests } = await sourceOf(() => ({ body: bodyOf('list-empty') }));
    expect((await listAll(source)).flat()).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  it('goes on while there is a next page, by its own count and never by the links', async () => {
    const { source, requests } = await sourceOf((request) =>
      request.url?.endsWith('pageNum=2')
        ? { body: { results: [job(3)], links: [link('self'), link('previous')] } }
        : { body: bodyOf('list-two-pages') },
    );
    const pages = await listAll(source);
    expect(pages.map((page) => page.map(idOf))).toEqual([
      ['690710a5c1d2e3f4a5b6c701', '690710a5c1d2e3f4a5b6c702'],
      [jobId(3)],
    ]);
    const path = `/api/atlas/v1.0/groups/${target.groupId}/serverless/orders%20sls/backup/restoreJobs`;
    expect(requests.map(({ url }) => url)).toEqual([
      `${path}?includeCount=false&itemsPerPage=500&pageNum=1`,
      `${path}?includeCount=false&itemsPerPage=500&pageNum=2`,
    ]);
  });

  it('takes a full page to have a successor where links are missing', async () => {
    const full = Array.from({ length: 500 }, (_, index) => job(index));
    const { source, requests } = await sourceOf(({ url }) => ({
      body: { results: url?.endsWith('=1') ? full : [job(500)] },
    }));
    expect((await listAll(source)).flat()).toHaveLength(501);
    expect(requests).toHaveLength(2);
  });

  it.each([
    ['content', { status: 200, content: { results: [job(1)], links: [] } }],
    ['envelope', { status: 200, envelope: { results: [job(1)], links: [] } }],
    ['a status beside the results', { status: 200, results: [job(1)], links: [], totalCount: 1 }],
  ])('is understood in an envelope: %s', async (_name, body) => {
    const { source } = await sourceOf(() => ({ body }));
    expect((await listAll(source)).flat().map(idOf)).toEqual([jobId(1)]);
  });

  it('leaves the others alone when one job cannot be read', async () => {
    const { source } = await sourceOf(() => ({
      body: { results: [job(1), { ...job(2), failed: 'yes' }, null, job(3)], links: [] },
    }));
    const [page] = await listAll(source);
    expect(page?.map((reading) => [reading.kind, idOf(reading)])).toEqual([
      ['job', jobId(1)],
      ['unreadable', jobId(2)],
      ['unreadable', null],
      ['job', jobId(3)],
    ]);
  });

  it('reads nothing of a page that is known, and goes by what is known of it', async () => {
    const { source, requests } = await sourceOf(({ url }) => ({
      body: { results: [job(1)], links: url?.endsWith('=1') ? [link('next')] : [] },
    }));
    const parse = vi.spyOn(JSON, 'parse');
    const counts: number[] = [];
    const recall = (index: number) => ({ count: 7 + index, hasNext: index < 2 });
    for await (const page of source.listJobs(target, { signal, isUrgent: false, recall })) {
      counts.push(page.count);
    }
    const parsed = parse.mock.calls.filter(([text]) => String(text).startsWith('{"results"'));
    parse.mockRestore();
    expect(parsed).toEqual([]);
    expect(counts).toEqual([7, 8, 9]);
    expect(requests).toHaveLength(3);
  });

  it('takes no page for known once there is a new secret to be taken out of it', async () => {
    const redactor = createRedactor(['a-secret-of-ours']);
    const { connection } = await sourceOf(() => ({ body: { results: [job(1)], links: [] } }));
    const source = createAtlasSource({
      connection,
      clock: systemClock,
      adapters: [serverlessJobs],
      redactor,
    });
    const seen: string[] = [];
    const recall = (_index: number, fingerprint: string) => {
      seen.push(fingerprint);
      return null;
    };
    const look = async () => {
      for await (const page of source.listJobs(target, { signal, isUrgent: false, recall })) page.readings();
    };
    await look();
    redactor.add(['a-secret-of-ours']);
    await look();
    redactor.add(['another-secret']);
    await look();
    expect(seen[1]).toBe(seen[0]);
    expect(seen[2]).not.toBe(seen[0]);
  });

  it('throws half way when the second page fails, after what was read before', async () => {
    const { source } = await sourceOf(({ url }) =>
      url?.endsWith('=1')
        ? { body: { results: [job(1)], links: [link('next')] } }
        : { status: 404, body: { errorCode: 'CLUSTER_NOT_FOUND' } },
    );
    const seen: JobReading[][] = [];
    const reading = (async () => {
      for await (const page of source.listJobs(target, { signal, isUrgent: false }))
        seen.push(page.readings());
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'not_found' });
    expect(seen).toHaveLength(1);
  });

  it.each([{}, { results: null }, { results: {} }])(
    'fails when there is no list in the answer: %j',
    async (body) => {
      const { source } = await sourceOf(() => ({ body }));
      await expect(listAll(source)).rejects.toMatchObject({ reason: 'bad_response' });
    },
  );

  it('gives up on a list that never ends', async () => {
    let pages = 0;
    const endless = createAtlasSource({
      connection: {
        getJson: async () => {
          pages += 1;
          const body = { results: [], links: [link('next')] };
          return { body, text: '', status: 200, headers: new Headers() };
        },
        aheadMs: () => 0,
        budgetOf: () => ({ perMinute: 90, left: 90, refillPerMinute: null, login: 0, waitsFor: null }),
        forgive: () => {},
        surelyAheadMs: () => 0,
        close: async () => {},
      },
      clock: systemClock,
      adapters: [serverlessJobs],
    });
    await expect(listAll(endless)).rejects.toMatchObject({ reason: 'bad_response' });
    expect(pages).toBe(10_000);
  });
});

describe('what cannot be read', () => {
  it('says that a kind is not in this version', async () => {
    const { source } = await sourceOf(() => ({ body: {} }));
    const flex = aTarget({ kind: 'flex' });
    await expect(source.readJob(flex, jobId(1), { signal, isUrgent: false })).rejects.toMatchObject({
      reason: 'bad_request',
      message: expect.stringContaining('flex'),
    });
  });
});
