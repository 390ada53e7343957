import { describe, expect, it } from 'vitest';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { HOUR } from '../../support/builders.ts';
import { bodyOf, decodeExample, examplesOf, NOW } from './examples.ts';

const { target } = examplesOf('flex');
const decode = (raw: unknown, now?: number) => decodeExample('flex', raw, now);
const example = (name: string) => bodyOf('flex', name);

const STARTED = Date.parse('2026-11-02T08:00:05Z');
const ENDED = Date.parse('2026-11-02T08:01:06Z');
const LINK_ENDS = Date.parse('2026-11-02T12:00:05Z');

describe('a Flex job', () => {
  it('keeps the facts and nothing else', () => {
    expect(decode(example('completed'))).toEqual({
      id: '690710a5c1d2e3f4a5b6c741',
      kind: 'flex',
      groupId: target.groupId,
      instanceName: 'orders-flex',
      deliveryType: 'automated',
      state: 'finished',
      reached: [
        { milestone: 'started', at: STARTED },
        { milestone: 'finished', at: ENDED },
      ],
      warnings: false,
      createdAt: STARTED,
      finishedAt: ENDED,
      expiresAt: null,
      snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
      snapshotAt: Date.parse('2026-10-25T17:06:56Z'),
      targetGroupId: '64b0c1d2e3f4a5b6c7d8e9f1',
      targetClusterName: 'orders-drill',
      errorMessage: null,
      progress: null,
      batchId: null,
    });
  });

  it('that failed has the date of its end', () => {
    const failedAt = Date.parse('2026-11-02T08:03:48Z');
    expect(decode(example('failed'))).toMatchObject({
      finishedAt: failedAt,
      reached: [{ milestone: 'started' }, { milestone: 'failed', at: failedAt }],
    });
  });

  it('takes the creation time from the id where Atlas gives none', () => {
    const { restoreScheduledDate: _, ...undated } = example('running');
    expect(decode(undated).createdAt).toBe(0x690710a5 * 1000);
  });

  it('that restored something never expires, however long ago its date was', () => {
    const job = decode(example('completed'), NOW + 1_000 * HOUR);
    expect(job).toMatchObject({ state: 'finished', expiresAt: null });
    expect(decode(example('running'), NOW + 1_000 * HOUR)).toMatchObject({
      state: 'in_progress',
      expiresAt: null,
    });
  });
});

describe('a Flex download', () => {
  it('is ready, with the date of its link and no end', () => {
    expect(decode(example('download-ready'))).toMatchObject({
      deliveryType: 'download',
      state: 'ready',
      finishedAt: null,
      expiresAt: LINK_ENDS,
      reached: [
        { milestone: 'started', at: STARTED },
        { milestone: 'ready', at: ENDED },
      ],
    });
  });

  it('expires by the clock, at the very moment its link runs out, and was ready before', () => {
    expect(decode(example('download-ready'), LINK_ENDS - 1).state).toBe('ready');
    expect(decode(example('download-ready'), LINK_ENDS)).toMatchObject({
      state: 'expired',
      expiresAt: LINK_ENDS,
      reached: [
        { milestone: 'started', at: STARTED },
        { milestone: 'ready', at: ENDED },
        { milestone: 'expired', at: LINK_ENDS },
      ],
    });
  });

  it('stays ready without a date for its link', () => {
    const { expirationDate: _, ...undated } = example('download-ready');
    expect(decode(undated, NOW + 1_000 * HOUR)).toMatchObject({ state: 'ready', expiresAt: null });
  });

  it.each([
    ['RUNNING', 'in_progress'],
    ['FAILED', 'failed'],
  ])('that is %s has no link that could expire', (status, state) => {
    const job = decode({ ...example('download-ready'), status }, NOW + 1_000 * HOUR);
    expect(job).toMatchObject({ deliveryType: 'download', state, expiresAt: null });
  });

  it('lets no link through', () => {
    expect(JSON.stringify(decode(example('download-ready')))).not.toMatch(/:\/\/|Signature|amazonaws/);
  });
});

describe('a Flex job that is not as documented', () => {
  it.each([
    ['status', 'PAUSED', 'status "PAUSED" is not known'],
    ['status', 'CLOSED', 'status "CLOSED" is not known'],
    ['status', 'x https://SECRET/', 'status "x [removed]" is not known'],
    ['status', null, 'status is null where a text was expected'],
    ['status', undefined, 'status is absent where a text was expected'],
    ['deliveryType', 'TELEPORT', 'deliveryType "TELEPORT" is not known'],
    ['deliveryType', 7, 'deliveryType is a number where a text was expected'],
    ['restoreFinishedDate', 'soon', 'restoreFinishedDate is not a date'],
    ['restoreScheduledDate', {}, 'restoreScheduledDate is an object where a date was expected'],
  ])('is unreadable, by name, with %s = %j', (field, value, problem) => {
    const body = example('completed');
    expect(flexJobs.decode({ ...body, [field]: value }, target, NOW, scrubValue)).toEqual({
      kind: 'unreadable',
      jobId: body.id,
      problem,
    });
  });

  it('is unreadable when nothing tells its creation time', () => {
    const { restoreScheduledDate: _, ...undated } = example('running');
    expect(flexJobs.decode({ ...undated, id: 'job-1' }, target, NOW, scrubValue)).toMatchObject({
      kind: 'unreadable',
      problem: 'neither restoreScheduledDate nor the id tells when the job was created',
    });
  });

  it('is still told as failed when its type is unknown', () => {
    const odd = { ...example('failed'), deliveryType: 'TELEPORT' };
    expect(decode(odd)).toMatchObject({ state: 'failed', deliveryType: 'TELEPORT' });
  });

  it.each(['restoreFinishedDate', 'expirationDate', 'snapshotFinishedDate', 'snapshotId', 'targetProjectId'])(
    'does without a value for %s',
    (field) => {
      expect(decode({ ...example('completed'), [field]: null }).state).toBe('finished');
    },
  );
});

describe('where the jobs of Flex clusters are read', () => {
  it('is v2 alone', () => {
    const path = `/api/atlas/v2/groups/${target.groupId}/flexClusters/orders-flex/backup/restoreJobs`;
    expect(flexJobs.listPath(target, { pageNum: 2, itemsPerPage: 500 })).toBe(
      `${path}?includeCount=false&itemsPerPage=500&pageNum=2`,
    );
    expect(flexJobs.jobPath(target, 'abc')).toBe(`${path}/abc`);
    expect(flexJobs.accept('v2')).toBe('application/vnd.atlas.2024-11-13+json');
    expect(flexJobs.role).toBe('Project Read Only');
  });
});
