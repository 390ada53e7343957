import { ATTESTATION_RESULTS, CLEAN_UPS } from '../../domain/evidence/attestation.ts';
import { ACTOR_CONFIDENCES } from '../../domain/job/actor.ts';
import { DELIVERY_TYPES, JOB_KINDS, JOB_STATES, MILESTONES } from '../../domain/job/restore-job.ts';
import { count, described, flag, instant, listOf, ms, oneOf, orNull, record, ref, text } from './schema.ts';

const PERSON = { name: described(text, 'A user, or the public half of an API key.'), address: text };
const ACTOR = record(
  {
    id: orNull(text, 'Of the user or the key; null unless one is meant.'),
    confidence: oneOf(ACTOR_CONFIDENCES, 'How sure it is that this one began the restore.'),
  },
  {
    ...PERSON,
    candidates: described(
      listOf(record({ id: text }, PERSON)),
      'Those who fit equally; only when ambiguous.',
    ),
    reason: oneOf(['not_told', 'no_permission', 'unreadable'], 'Why nobody is known; only when none.'),
  },
);

/** When a running job should end. */
export const EXPECTED_END = {
  expectedEnd: orNull(instant, 'When a running job should end; null where nothing tells.'),
  expectedEndBasis: orNull(
    oneOf(['progress', 'history']),
    'What tells: its own progress, or how long others took there.',
  ),
};
/** What is usual there. */
export const USUAL = { usualMs: ms('How long a restore like it takes there; only by history.') };

/** A job on record. */
export const JOB = {
  id: text,
  watch: text,
  state: oneOf(JOB_STATES),
  milestones: listOf(oneOf(MILESTONES)),
  firstSight: oneOf(
    ['named', 'baseline', 'new'],
    'Named in the configuration, there at the first look, or new since.',
  ),
  firstSeenAt: instant,
  changedAt: instant,
  missingSince: orNull(instant, 'Since when Atlas does not know it any more.'),
  anomaly: orNull(text, 'A reading that stepped backwards, as last seen.'),
  ...EXPECTED_END,
  attestations: described(listOf(ref('Attestation')), 'What people attest of it, the oldest first.'),
  attested: orNull(oneOf(ATTESTATION_RESULTS), 'The result of the attestation that counts: the last one.'),
  job: orNull(ref('RestoreJob'), 'Null while nothing readable was seen of it.'),
};

/** What a job on record may hold besides. */
export const JOB_OPTIONAL = {
  ...USUAL,
  noticed: {
    type: 'object',
    additionalProperties: instant,
    description: 'Milestones that Atlas does not date: each happened then at the latest.',
  },
};

/** A job as Atlas tells of it. */
export const RESTORE_JOB = record(
  {
    id: text,
    kind: oneOf(JOB_KINDS),
    groupId: described(text, 'The project.'),
    instanceName: described(text, 'What was backed up.'),
    state: oneOf(JOB_STATES),
    createdAt: instant,
    milestones: listOf(
      record({ milestone: oneOf(MILESTONES), at: orNull(instant, 'Null where Atlas gives no time.') }),
    ),
  },
  {
    deliveryType: oneOf(DELIVERY_TYPES),
    snapshotId: text,
    snapshotAt: instant,
    targetGroupId: text,
    targetClusterName: text,
    targetGroupName: text,
    finishedAt: instant,
    expiresAt: instant,
    warnings: described(flag, 'Restored, but for some indexes; there only when true.'),
    errorMessage: text,
    progress: record({ done: count, total: count }),
    batchId: text,
    actor: described(ACTOR, 'Who began it; there once that is known or cannot be, where the watch asks.'),
  },
);

/** What somebody attests of a job. */
export const ATTESTATION = record({
  id: count,
  jobId: text,
  at: instant,
  result: oneOf(ATTESTATION_RESULTS),
  by: described(text, 'Who says it.'),
  ticket: orNull(text),
  note: orNull(text),
  cleanUp: orNull(oneOf(CLEAN_UPS), 'What became of the restored test data.'),
});
