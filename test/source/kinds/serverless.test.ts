import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { serverlessJobs } from '../../../src/source/kinds/serverless.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { openEnvelope } from '../../../src/source/wire/envelope.ts';
import { aTarget } from '../../support/builders.ts';

interface Case {
  name: string;
  verdict: string;
  milestones?: string[];
  body: Record<string, unknown>;
}

const fixture = new URL('../../fixtures/atlas-examples/serverless.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const jobCases = cases.filter(({ verdict }) => !/^(http_error|empty_list|list)/.test(verdict));

const target = aTarget({ instanceName: 'orders-sls' });
const NOW = Date.parse('2026-11-02T09:00:00Z');

function bodyOf(name: string): Record<string, unknown> {
  return cases.find((candidate) => candidate.name === name)!.body;
}

function decode(raw: unknown) {
  return serverlessJobs.decode(raw, target, NOW, scrubValue);
}

function decodeJob(raw: unknown): RestoreJob {
  const reading = decode(raw);
  if (reading.kind !== 'job') throw new Error(reading.problem);
  return reading.job;
}

describe('every documented shape', () => {
  it.each(jobCases)('$name is $verdict', ({ verdict, milestones, body }) => {
    const job = decodeJob(openEnvelope(body).body);
    const outcomes = milestones ?? (verdict === 'in_progress' ? [] : [verdict]);
    expect(job.state).toBe(verdict);
    expect(job.reached.map(({ milestone }) => milestone)).toEqual(['started', ...outcomes]);
    expect(job.reached[0]?.at).toBe(job.createdAt);
  });

  it('keeps the facts and nothing else', () => {
    expect(decodeJob(bodyOf('finished-then-expired'))).toEqual({
      id: '690710a5c1d2e3f4a5b6c701',
      kind: 'serverless',
      groupId: target.groupId,
      instanceName: 'orders-sls',
      deliveryType: 'automated',
      state: 'expired',
      reached: [
        { milestone: 'started', at: Date.parse('2026-11-02T08:00:05Z') },
        { milestone: 'finished', at: Date.parse('2026-11-02T08:21:47Z') },
        { milestone: 'expired', at: Date.parse('2026-11-02T14:00:05Z') },
      ],
      warnings: false,
      createdAt: Date.parse('2026-11-02T08:00:05Z'),
      finishedAt: Date.parse('2026-11-02T08:21:47Z'),
      expiresAt: Date.parse('2026-11-02T14:00:05Z'),
      snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
      snapshotAt: Date.parse('2026-11-01T23:00:00Z'),
      targetGroupId: '64b0c1d2e3f4a5b6c7d8e9f1',
      targetClusterName: 'orders-restore',
      errorMessage: null,
      progress: null,
      batchId: null,
    });
  });

  it('takes the creation time from the id where Atlas gives none', () => {
    expect(decodeJob(bodyOf('in-progress-no-createdAt')).createdAt).toBe(0x690710a5 * 1000);
  });

  it('lays every job out in the same order of keys, since jobs are compared as text', () => {
    const orders = jobCases.map(({ body }) => Object.keys(decodeJob(openEnvelope(body).body)).join());
    expect(new Set(orders).size).toBe(1);
  });

  it('lets no link through', () => {
    const links = {
      deliveryUrl: ['https://restore-a.abc12.mongodb.net:27017/SECRETSECRETSECRET00000/restore-b.tar.gz'],
      links: [{ rel: 'self', href: 'https://cloud.mongodb.com/SECRET' }],
      snapshotUrl: 'https://SECRET.example/',
      components: [{ replicaSetName: 'a', downloadUrl: 'https://SECRET.example/' }],
      targetClusterName: 'orders https://SECRET.example/x',
      snapshotId: 'restore-a.abc12.mongodb.net:27017/SECRET/x',
    };
    const job = decodeJob({ ...bodyOf('download-ready'), ...links });
    expect(job).toMatchObject({ state: 'ready', targetClusterName: 'orders [removed]' });
    expect(JSON.stringify(job)).not.toMatch(/SECRET|:\/\//);
  });
});

describe('a download', () => {
  const download = bodyOf('download-preparing');

  it.each([
    [
      'ready when every shard has its link',
      { components: [{ downloadUrl: 'x' }, { downloadUrl: 'y' }] },
      'ready',
    ],
    [
      'not ready while a shard has none',
      { components: [{ downloadUrl: 'x' }, { downloadUrl: null }] },
      'in_progress',
    ],
    ['not ready with an empty list of shards', { components: [] }, 'in_progress'],
    ['not ready with links that are null', { deliveryUrl: [null] }, 'in_progress'],
    ['not ready without a list of links', { deliveryUrl: null }, 'in_progress'],
    ['ready with a single link in place of a list', { deliveryUrl: 'x' }, 'ready'],
    ['finished when it has ended and has no link', { finishedAt: '2026-11-02T08:30:00Z' }, 'finished'],
    [
      'ready when it has ended and has one',
      { finishedAt: '2026-11-02T08:30:00Z', deliveryUrl: ['x'] },
      'ready',
    ],
  ])('is %s', (_name, over, state) => {
    expect(decodeJob({ ...download, ...over }).state).toBe(state);
  });
});

describe('a job that is not as documented', () => {
  const body = bodyOf('in-progress');

  it.each([
    ['null', null],
    ['a text', 'job'],
    ['a list', [body]],
    ['an object without id', {}],
    ['an id that is a number', { ...body, id: 7 }],
    ['an id with a path in it', { ...body, id: '../orders' }],
  ])('has no id to go by: %s', (_name, raw) => {
    expect(decode(raw)).toMatchObject({ kind: 'unreadable', jobId: null });
  });

  it.each([
    ['failed', 'yes', 'failed is a string where true or false was expected'],
    ['cancelled', 0, 'cancelled is a number where true or false was expected'],
    ['expired', {}, 'expired is an object where true or false was expected'],
    ['finishedAt', 1_793_520_000, 'finishedAt is a number where a date was expected'],
    ['finishedAt', 'soon', 'finishedAt is not a date'],
    ['finishedAt', '2026-02-30T08:00:00Z', 'finishedAt is not a date'],
    ['finishedAt', '2026-13-01T08:00:00Z', 'finishedAt is not a date'],
    ['expiresAt', [], 'expiresAt is a list where a date was expected'],
    ['createdAt', true, 'createdAt is a boolean where a date was expected'],
    ['deliveryType', null, 'deliveryType is null where a text was expected'],
    ['deliveryType', 'teleport', 'deliveryType "teleport" is not known'],
    ['deliveryType', 'x https://SECRET', 'deliveryType "x [removed]" is not known'],
  ])('is unreadable, by name, with %s = %j', (field, value, problem) => {
    expect(decode({ ...body, [field]: value })).toEqual({ kind: 'unreadable', jobId: body.id, problem });
  });

  it('is unreadable when nothing tells its creation time', () => {
    expect(decode({ ...body, id: 'job-1', createdAt: null })).toMatchObject({
      kind: 'unreadable',
      jobId: 'job-1',
    });
  });

  it('is unreadable when the links of a download are of a wrong type', () => {
    const raw = { ...bodyOf('download-preparing'), deliveryUrl: 7 };
    expect(decode(raw)).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining('deliveryUrl'),
    });
  });

  it('is still told as failed when its type is unknown', () => {
    expect(decodeJob({ ...body, deliveryType: 'teleport', failed: true })).toMatchObject({
      state: 'failed',
      deliveryType: 'teleport',
    });
  });

  it.each([
    'cancelled',
    'expired',
    'failed',
    'finishedAt',
    'expiresAt',
    'createdAt',
    'snapshotId',
    'timestamp',
  ])('does without a value for %s', (field) => {
    expect(decodeJob({ ...body, [field]: null }).state).toBe('in_progress');
    expect(decodeJob({ ...body, [field]: undefined }).state).toBe('in_progress');
  });

  it.each([
    ['snapshotId', 7, 'snapshotId'],
    ['timestamp', 'long ago', 'snapshotAt'],
    ['targetClusterName', {}, 'targetClusterName'],
    ['targetGroupId', [], 'targetGroupId'],
  ])('is not hidden by a fault in %s, which is only for show', (field, value, fact) => {
    expect(decodeJob({ ...body, [field]: value })).toMatchObject({ state: 'in_progress', [fact]: null });
  });
});

describe('where jobs are read', () => {
  it('asks v1.0 with plain JSON, and v2 with the version of its API', () => {
    const v2 = { ...target, apiVersion: 'v2' as const };
    const jobs = `groups/${target.groupId}/serverless/orders-sls/backup/restoreJobs`;
    expect(serverlessJobs.listPath(target, { pageNum: 2, itemsPerPage: 500 })).toBe(
      `/api/atlas/v1.0/${jobs}?includeCount=false&itemsPerPage=500&pageNum=2`,
    );
    expect(serverlessJobs.jobPath(v2, 'abc')).toBe(`/api/atlas/v2/${jobs}/abc`);
    expect(serverlessJobs.accept('v1.0')).toBe('application/json');
    expect(serverlessJobs.accept('v2')).toBe('application/vnd.atlas.2023-01-01+json');
  });

  it('keeps names inside their path segment', () => {
    expect(serverlessJobs.jobPath({ ...target, instanceName: 'a/b?c#d e' }, '%')).toMatch(
      /\/serverless\/a%2Fb%3Fc%23d%20e\/backup\/restoreJobs\/%25$/,
    );
    expect(() => serverlessJobs.jobPath(target, '..')).toThrow('cannot be part of a path');
  });
});
