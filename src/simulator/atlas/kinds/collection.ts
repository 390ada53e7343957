import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { bodyOf, toSeconds } from './body.ts';
import type { SimulatedKind } from './kind.ts';

/** Restores of single collections of a dedicated cluster. */
export const collection: SimulatedKind = {
  kind: 'collection',
  instances: 'clusters',
  jobs: 'collectionRestoreJobs',
  apiVersions: ['v2'],
  versionDate: '2025-03-12',
  limit: 'cloudBackups',
  newestFirst: false,
  countable: false,
  errors: {
    instanceNotFound: 'CLUSTER_NOT_FOUND',
    jobNotFound: 'RESTORE_JOB_NOT_FOUND',
  },
  body,
  parts: { name: 'collections', key: 'sourceNamespace', bodies: collectionStates },
};

type State = 'INITIALIZING' | 'IN_PROGRESS' | 'FINALIZING' | 'SUCCESSFUL' | 'CANCELED' | 'FAILED';

function body(job: SimulatedJob): Record<string, unknown> {
  const state = stateOf(job);
  return bodyOf(
    {
      collectionSuffix: '',
      collections: job.namespaces.map(({ source, target }) => ({
        sourceNamespace: source,
        targetNamespace: target,
      })),
      createdAt: toSeconds(job.createdAt),
      databaseSuffix: '',
      databases: [],
      errorMessage: job.errorMessage,
      finishedAt: toSeconds(job.finishedAt),
      id: job.id,
      indexStatus: { failedCollectionCount: job.failedIndexes, state: indexState(state, job) },
      indexStrategy: 'ALL',
      oplogInc: job.byOplog ? 1 : null,
      oplogTs: job.byOplog ? job.pointInTimeSeconds : null,
      pointInTimeUtcSeconds: job.byOplog ? null : job.pointInTimeSeconds,
      restoredDocuments: job.documents.done,
      snapshotId: job.snapshotId,
      state,
      targetClusterName: job.targetClusterName,
      targetGroupId: job.targetGroupId,
      totalDocuments: job.documents.total,
      writeStrategy: 'CREATE_NEW',
    },
    job,
  );
}

function stateOf(job: SimulatedJob): State {
  if (job.failed) return 'FAILED';
  if (job.cancelled) return 'CANCELED';
  if (job.finishedAt !== null) return 'SUCCESSFUL';
  switch (job.phase) {
    case 'waiting':
    case 'queued':
      return 'INITIALIZING';
    case 'running':
      return 'IN_PROGRESS';
    case 'finalizing':
      return 'FINALIZING';
  }
}

function indexState(state: State, { failedIndexes }: SimulatedJob): string {
  if (failedIndexes > 0) return 'FAILED';
  if (state === 'SUCCESSFUL') return 'SUCCESSFUL';
  return state === 'IN_PROGRESS' || state === 'FINALIZING' ? 'IN_PROGRESS' : 'NOT_STARTED';
}

/** The single collections. Nothing is known of them while the job is initializing; one that fails fails the job, and the rest is undone. */
function collectionStates(job: SimulatedJob): Array<Record<string, unknown>> {
  const state = stateOf(job);
  if (state === 'INITIALIZING') return [];
  const count = job.namespaces.length;
  return job.namespaces.map(({ source, target }, index) => {
    const hasIndexes = index >= job.failedIndexes;
    return {
      effectiveTargetNamespace: target,
      indexStatus: { state: hasIndexes ? indexState(state, { ...job, failedIndexes: 0 }) : 'FAILED' },
      restoredDocuments: share(job.documents.done, index, count),
      sourceNamespace: source,
      state: collectionState(state, index, hasIndexes),
      targetNamespace: target,
      totalDocuments: share(job.documents.total, index, count),
    };
  });
}

function collectionState(state: State, index: number, hasIndexes: boolean): string {
  switch (state) {
    case 'SUCCESSFUL':
      return hasIndexes ? 'SUCCESSFUL' : 'INDEX_BUILD_FAILED';
    case 'FAILED':
      return index === 0 ? 'FAILED' : 'ROLLBACK';
    case 'CANCELED':
      return 'NOT_RESTORED';
    case 'INITIALIZING':
      return 'NOT_STARTED';
    default:
      return state;
  }
}

/** Whole documents, and all of them together are `total`. */
function share(total: number, index: number, count: number): number {
  return Math.floor(total / count) + (index < total % count ? 1 : 0);
}
