import { describe, expect, it } from 'vitest';
import { legacyJobs } from '../../../src/source/kinds/legacy.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { bodyOf, decodeExample, examplesOf, NOW } from './examples.ts';

const { target } = examplesOf('legacy');
const opsManager = { ...target, apiVersion: 'public' as const, instanceName: '64b0c1d2e3f4a5b6c7d8e9aa' };
const decode = (raw: unknown) => decodeExample('legacy', raw);
const example = (name: string) => bodyOf('legacy', name);

function delivered(statusName: unknown, over: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...example('finished-link-ready'), delivery: { methodName: 'HTTP', statusName, ...over } };
}

describe('a legacy job', () => {
  it('keeps the facts and nothing else', () => {
    expect(decode(example('finished-link-ready'))).toEqual({
      id: '690710a5c1d2e3f4a5b6c7a1',
      kind: 'legacy',
      groupId: target.groupId,
      instanceName: 'orders-old',
      deliveryType: 'download',
      state: 'ready',
      reached: [
        { milestone: 'started', at: Date.parse('2026-11-02T08:00:05Z') },
        { milestone: 'ready', at: null },
      ],
      warnings: false,
      createdAt: Date.parse('2026-11-02T08:00:05Z'),
      finishedAt: null,
      expiresAt: Date.parse('2026-11-04T08:09:00Z'),
      snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
      snapshotAt: null,
      targetGroupId: null,
      targetClusterName: null,
      errorMessage: null,
      progress: null,
      batchId: null,
    });
  });

  it('is tied to the other shards of its restore', () => {
    expect(decode(example('batch-member')).batchId).toBe('690710a5c1d2e3f4a5b6c7ff');
  });

  it('tells when its link ran out where Atlas does, and not when it was used up', () => {
    const expiresAt = Date.parse('2026-11-04T08:09:00Z');
    expect(decode(example('finished-link-expired')).reached[1]).toEqual({
      milestone: 'expired',
      at: expiresAt,
    });
    expect(decode(example('finished-downloads-used-up')).reached[1]).toEqual({
      milestone: 'expired',
      at: null,
    });
  });

  it('has the time of the data that it restores', () => {
    const timestamp = { date: '2018-01-22T22:44:54Z', increment: 1 };
    expect(decode({ ...example('in-progress'), timestamp }).snapshotAt).toBe(Date.parse(timestamp.date));
  });

  it.each(['url', 'urlV2', 'authValue', 'authHeader', 'key'])(
    'lets nothing of delivery.%s through',
    (field) => {
      const raw = delivered('READY', { [field]: 'https://SECRET.example/x', expires: null });
      expect(JSON.stringify(decode(raw))).not.toContain('SECRET');
    },
  );
});

describe('a legacy delivery', () => {
  it.each([
    ['NOT_STARTED', 'in_progress'],
    ['PENDING', 'in_progress'],
    ['IN_PROGRESS', 'in_progress'],
    ['READY', 'ready'],
    ['EXPIRED', 'expired'],
    ['MAX_DOWNLOADS_EXCEEDED', 'expired'],
    ['FAILED', 'failed'],
    ['INTERRUPTED', 'failed'],
  ])('that is %s makes a finished download %s', (statusName, state) => {
    expect(decode(delivered(statusName)).state).toBe(state);
  });

  it.each(['READY', 'PENDING', 'EXPIRED', undefined])(
    'that is %s leaves a running job running',
    (statusName) => {
      const raw = { ...delivered(statusName), statusName: 'IN_PROGRESS' };
      expect(decode(raw).state).toBe('in_progress');
    },
  );

  it.each([
    ['READY', 'finished'],
    ['MAX_DOWNLOADS_EXCEEDED', 'finished'],
    ['NOT_STARTED', 'finished'],
    [undefined, 'finished'],
    ['FAILED', 'failed'],
    ['INTERRUPTED', 'failed'],
  ])('that is %s leaves a finished restore into a cluster %s', (statusName, state) => {
    const target = { targetClusterName: 'orders-drill', targetGroupId: '64b0c1d2e3f4a5b6c7d8e9f1' };
    const automated = { methodName: 'AUTOMATED_RESTORE', expires: '2026-11-04T08:09:00Z', ...target };
    expect(decode(delivered(statusName, automated))).toMatchObject({
      deliveryType: 'automated',
      state,
      expiresAt: null,
      ...target,
    });
  });

  it('goes to a cluster that Ops Manager names by its id', () => {
    const automated = { methodName: 'AUTOMATED_RESTORE', targetClusterId: '64b0c1d2e3f4a5b6c7d8e9ab' };
    expect(decode(delivered('READY', automated)).targetClusterName).toBe('64b0c1d2e3f4a5b6c7d8e9ab');
  });

  it.each([
    ['HTTP', 'download'],
    ['CLIENT_PIT_HTTP', 'download'],
    ['QUERY', 'query'],
    ['SCP', 'scp'],
    ['THIRD_PARTY_COPY', 'thirdPartyCopy'],
  ])('by %s is called %s', (methodName, deliveryType) => {
    expect(decode(delivered('READY', { methodName }))).toMatchObject({ deliveryType, state: 'ready' });
  });
});

describe('a legacy job that is not as documented', () => {
  it.each([
    ['a new status', { statusName: 'PAUSED' }, 'statusName "PAUSED" is not known'],
    ['no status', { statusName: null }, 'statusName is null where a text was expected'],
    ['a new status of its delivery', delivered('LOST'), 'delivery.statusName "LOST" is not known'],
    [
      'a link in place of a status',
      delivered('https://SECRET/'),
      'delivery.statusName "[removed]" is not known',
    ],
    [
      'no status of its delivery',
      delivered(undefined),
      'delivery.statusName is absent where a text was expected',
    ],
    [
      'a new method',
      delivered('READY', { methodName: 'PIGEON' }),
      'delivery.methodName "PIGEON" is not known',
    ],
    ['no method', { delivery: {} }, 'delivery.methodName is absent where a text was expected'],
    ['no delivery', { delivery: undefined }, 'delivery is absent where an object was expected'],
    ['no date', { created: 'soon' }, 'created is not a date'],
  ])('is unreadable, by name, with %s', (_name, over, problem) => {
    const body = example('finished-link-ready');
    expect(legacyJobs.decode({ ...body, ...over }, target, NOW, scrubValue)).toEqual({
      kind: 'unreadable',
      jobId: body.id,
      problem,
    });
  });

  it.each([
    ['BROKEN', 'failed'],
    ['KILLED', 'cancelled'],
    ['IN_PROGRESS', 'in_progress'],
  ])('is still told as %s when its delivery is of a new sort', (statusName, state) => {
    const raw = { ...delivered('LOST', { methodName: 'PIGEON' }), statusName };
    expect(decode(raw)).toMatchObject({ state, deliveryType: 'PIGEON' });
  });
});

describe('where legacy jobs are read', () => {
  const page = { pageNum: 2, itemsPerPage: 500 };

  it('is Atlas, in both versions', () => {
    const path = `groups/${target.groupId}/clusters/orders-old/restoreJobs`;
    expect(legacyJobs.listPath(target, page)).toBe(
      `/api/atlas/v2/${path}?includeCount=false&itemsPerPage=500&pageNum=2`,
    );
    expect(legacyJobs.jobPath({ ...target, apiVersion: 'v1.0' }, 'abc')).toBe(`/api/atlas/v1.0/${path}/abc`);
    expect(legacyJobs.accept('v2')).toBe('application/vnd.atlas.2023-01-01+json');
    expect(legacyJobs.accept('v1.0')).toBe('application/json');
    expect(legacyJobs.role).toBe('Project Read Only');
  });

  it('is Ops Manager or Cloud Manager, by the id of the cluster', () => {
    const path = `/api/public/v1.0/groups/${target.groupId}/clusters/64b0c1d2e3f4a5b6c7d8e9aa/restoreJobs`;
    expect(legacyJobs.listPath(opsManager, page)).toBe(`${path}?itemsPerPage=500&pageNum=2`);
    expect(legacyJobs.jobPath(opsManager, 'abc')).toBe(`${path}/abc`);
    expect(legacyJobs.accept('public')).toBe('application/json');
  });

  it('shows a cluster of Ops Manager under its name', () => {
    const nameIn = (raw: unknown) => {
      const reading = legacyJobs.decode(raw, opsManager, NOW, scrubValue);
      return reading.kind === 'job' ? reading.job.instanceName : reading.problem;
    };
    expect(nameIn(example('killed'))).toBe('orders-old');
    expect(nameIn({ ...example('killed'), clusterName: undefined })).toBe('64b0c1d2e3f4a5b6c7d8e9aa');
  });
});
