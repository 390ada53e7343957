import { objectIdInstant, type Timestamp } from '../../domain/instant.ts';
import {
  type Milestone,
  type ReachedMilestone,
  type RestoreJob,
  stateAfter,
} from '../../domain/job/restore-job.ts';
import { isRecord } from '../../domain/json-object.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import type { JobReading } from '../source.ts';
import { FieldProblem, type Fields, readId, readInstant } from './fields.ts';

/** What only some kinds have; by default there is none of it. */
type Extras = Pick<RestoreJob, 'warnings' | 'errorMessage' | 'progress' | 'batchId'>;

/** What a kind has to find out about a job; all else follows. */
export interface JobFacts
  extends Omit<RestoreJob, keyof Extras | 'state' | 'reached' | 'targetGroupName'>,
    Partial<Extras> {
  /** The milestones after `started`, in the order of life. */
  outcomes: readonly ReachedMilestone[];
}

/**
 * Reads one job of an answer with a function that may throw `FieldProblem`. Never throws: what cannot be understood becomes
 * `unreadable`, under its id where it has one. `scrub` goes over every text that is kept of it.
 */
export function decodeJob(
  raw: unknown,
  scrub: ScrubValue,
  read: (id: string, fields: Fields) => JobFacts,
): JobReading {
  if (!isRecord(raw)) return { kind: 'unreadable', jobId: null, problem: 'the job is not a JSON object' };
  const id = readId(raw);
  if (id === null) return { kind: 'unreadable', jobId: null, problem: 'the job has no usable id' };
  try {
    return { kind: 'job', job: toJob(read(id, raw)) };
  } catch (error) {
    if (error instanceof FieldProblem)
      return { kind: 'unreadable', jobId: id, problem: error.inWords(scrub) };
    throw error;
  }
}

/**
 * When a job was created: as the field says, or else as the id tells, whose first bytes are that very time.
 * @throws {FieldProblem} when neither does.
 */
export function readCreation(fields: Fields, name: string, id: string): Timestamp {
  const createdAt = readInstant(fields, name) ?? objectIdInstant(id);
  if (createdAt === null) {
    throw new FieldProblem(`neither ${name} nor the id tells when the job was created`);
  }
  return createdAt;
}

/** A milestone, and when the job reached it; `null` where Atlas does not say. */
export function reached(milestone: Milestone, at: Timestamp | null): ReachedMilestone {
  return { milestone, at };
}

/** Every key always, and always in this order: jobs are compared as JSON text. */
function toJob(facts: JobFacts): RestoreJob {
  const { outcomes, createdAt } = facts;
  return {
    id: facts.id,
    kind: facts.kind,
    groupId: facts.groupId,
    instanceName: facts.instanceName,
    deliveryType: facts.deliveryType,
    state: stateAfter(outcomes.map(({ milestone }) => milestone)),
    reached: [reached('started', createdAt), ...outcomes],
    warnings: facts.warnings ?? false,
    createdAt,
    finishedAt: facts.finishedAt,
    expiresAt: facts.expiresAt,
    snapshotId: facts.snapshotId,
    snapshotAt: facts.snapshotAt,
    targetGroupId: facts.targetGroupId,
    targetClusterName: facts.targetClusterName,
    errorMessage: facts.errorMessage ?? null,
    progress: facts.progress ?? null,
    batchId: facts.batchId ?? null,
  };
}
