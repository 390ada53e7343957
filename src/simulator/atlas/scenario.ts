export {
  type ClusterJobOptions,
  clusterJob,
  collectionJob,
  flexJob,
  type JobOptions,
  type LegacyJobOptions,
  legacyBatch,
  legacyJob,
  newJobId,
  serverlessJob,
} from './jobs/job-makers.ts';
export {
  cancel,
  expire,
  fail,
  finalizing,
  finish,
  type JobStep,
  LINK_CANARY,
  progress,
  queued,
  ready,
  readyInPart,
  running,
  usedUp,
} from './jobs/job-steps.ts';
export { play } from './jobs/timeline.ts';
