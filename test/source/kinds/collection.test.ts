import { describe, expect, it } from 'vitest';
import { collectionJobs } from '../../../src/source/kinds/collection.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { bodyOf, decodeExample, examplesOf, NOW } from './examples.ts';

const { target } = examplesOf('collection');
const decode = (raw: unknown) => decodeExample('collection', raw);
const example = (name: string) => bodyOf('collection', name);

describe('a collection restore', () => {
  it('keeps the facts and nothing else', () => {
    expect(decode(example('failed'))).toEqual({
      id: '690710a5c1d2e3f4a5b6c783',
      kind: 'collection',
      groupId: target.groupId,
      instanceName: 'orders-prod',
      deliveryType: 'collection',
      state: 'failed',
      reached: [
        { milestone: 'started', at: Date.parse('2026-11-02T08:00:05Z') },
        { milestone: 'failed', at: Date.parse('2026-11-02T08:12:00Z') },
      ],
      warnings: false,
      createdAt: Date.parse('2026-11-02T08:00:05Z'),
      finishedAt: Date.parse('2026-11-02T08:12:00Z'),
      expiresAt: null,
      snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
      snapshotAt: null,
      targetGroupId: '64b0c1d2e3f4a5b6c7d8e9f1',
      targetClusterName: 'orders-drill',
      errorMessage: 'Disk usage reached the limit; the restore was rolled back.',
      progress: { done: 4_200, total: 20_000 },
      batchId: null,
    });
  });

  it('has its error text without links and secrets, and not at any length', () => {
    const errorMessage = `see https://SECRET.example/a and mdb_sa_sk_SECRET ${'x'.repeat(500)}`;
    const job = decode({ ...example('failed'), errorMessage });
    expect(job.errorMessage).toMatch(/^see \[removed\] and \[redacted\] x+…$/);
    expect(JSON.stringify(job)).not.toContain('SECRET');
  });

  it('takes the creation time from the id where Atlas gives none', () => {
    expect(decode({ ...example('in-progress'), createdAt: undefined }).createdAt).toBe(0x690710a5 * 1000);
  });
});

describe('progress', () => {
  it('is what Atlas counts, to the document', () => {
    const counts = { restoredDocuments: 15_501, totalDocuments: 20_001 };
    expect(decode({ ...example('in-progress'), ...counts }).progress).toEqual({
      done: 15_501,
      total: 20_001,
    });
  });

  it('changes nothing in a job that stands still, so that nothing is written', () => {
    const other = { ...example('in-progress'), indexStatus: { state: 'NOT_STARTED' }, collections: [] };
    expect(decode(other)).toEqual(decode(example('in-progress')));
  });

  it('may be more than the total, which changes', () => {
    const counts = { restoredDocuments: 20_005, totalDocuments: 20_000 };
    expect(decode({ ...example('in-progress'), ...counts }).progress).toEqual({
      done: 20_005,
      total: 20_000,
    });
  });

  it.each([
    ['a total of 0', { totalDocuments: 0 }],
    ['no total', { totalDocuments: undefined }],
    ['no count', { restoredDocuments: null }],
    ['a text', { restoredDocuments: '15500' }],
    ['less than nothing', { restoredDocuments: -1 }],
    ['half a document', { restoredDocuments: 0.5 }],
  ])('is not told from %s', (_name, counts) => {
    expect(decode({ ...example('in-progress'), ...counts })).toMatchObject({
      state: 'in_progress',
      progress: null,
    });
  });
});

describe('a restore that left indexes behind', () => {
  it.each([
    ['failed indexes', { state: 'FAILED', failedCollectionCount: 2 }, true],
    ['failed indexes that nobody counted', { state: 'FAILED' }, true],
    ['a collection without its indexes', { state: 'SUCCESSFUL', failedCollectionCount: 1 }, true],
    ['all indexes', { state: 'SUCCESSFUL', failedCollectionCount: 0 }, false],
    ['indexes that were not asked for', { state: 'NOT_RESTORED', failedCollectionCount: 0 }, false],
    ['no word about indexes', undefined, false],
    ['something else', 'FAILED', false],
  ])('finishes with %s: warnings %#', (_name, indexStatus, warnings) => {
    expect(decode({ ...example('successful'), indexStatus })).toMatchObject({ state: 'finished', warnings });
  });

  it('has nothing to warn of when it did not finish', () => {
    const indexStatus = { state: 'FAILED', failedCollectionCount: 1 };
    for (const name of ['in-progress', 'failed', 'canceled']) {
      expect(decode({ ...example(name), indexStatus }).warnings).toBe(false);
    }
  });
});

describe('a collection restore that is not as documented', () => {
  it.each([
    ['state', 'ROLLBACK', 'state "ROLLBACK" is not known'],
    ['state', 'x https://SECRET/', 'state "x [removed]" is not known'],
    ['state', undefined, 'state is absent where a text was expected'],
    ['finishedAt', 'soon', 'finishedAt is not a date'],
  ])('is unreadable, by name, with %s = %j', (field, value, problem) => {
    const body = example('successful');
    expect(collectionJobs.decode({ ...body, [field]: value }, target, NOW, scrubValue)).toEqual({
      kind: 'unreadable',
      jobId: body.id,
      problem,
    });
  });
});

describe('where collection restores are read', () => {
  it('is v2 alone, and the list counts whether asked to or not', () => {
    const path = `/api/atlas/v2/groups/${target.groupId}/clusters/orders-prod/collectionRestoreJobs`;
    expect(collectionJobs.listPath(target, { pageNum: 2, itemsPerPage: 500 })).toBe(
      `${path}?itemsPerPage=500&pageNum=2`,
    );
    expect(collectionJobs.jobPath(target, 'abc')).toBe(`${path}/abc`);
    expect(collectionJobs.accept('v2')).toBe('application/vnd.atlas.2025-03-12+json');
    expect(collectionJobs.role).toBe('Project Backup Manager');
  });
});
