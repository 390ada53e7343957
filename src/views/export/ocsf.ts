import type { AuditEntry } from '../../domain/audit.ts';
import { instantIn, objectIn, textIn } from '../../domain/audit-fields.ts';
import { ToldJobs, type ToldTransition } from './told-jobs.ts';

/** https://schema.ocsf.io/1.8.0 */
const OCSF_VERSION = '1.8.0';

/** Classes, and the number that a class and an activity make together: class × 100 + activity. */
const API_ACTIVITY = 6_003;
const APPLICATION_LIFECYCLE = 6_002;
const CREATE = 1;
const OTHER = 99;
const LIFECYCLE = { 'daemon.started': 3, 'daemon.stopped': 4 } as const;

const SEVERITIES: Readonly<Record<string, { severity_id: number; severity: string }>> = {
  info: { severity_id: 1, severity: 'Informational' },
  warning: { severity_id: 3, severity: 'Medium' },
  critical: { severity_id: 5, severity: 'Critical' },
};

const STATUSES: Readonly<Record<string, { status_id: number; status: string }>> = {
  finished: { status_id: 1, status: 'Success' },
  failed: { status_id: 2, status: 'Failure' },
};

/**
 * Makes OCSF 1.8.0 of the audit log, entry by entry, in order: API Activity (6003) of what happens to restores, Application Lifecycle (6002)
 * of the watcher's starts and stops. `null` for everything else. An actor or an address that nobody knows is "MongoDB Atlas".
 */
export function createOcsfMapper(
  version: string,
): (entry: AuditEntry) => Readonly<Record<string, unknown>> | null {
  const jobs = new ToldJobs();
  return (entry) => {
    const told = jobs.read(entry);
    if (told !== null) return restoreActivity(told, version);
    return entry.kind === 'daemon.started' || entry.kind === 'daemon.stopped'
      ? lifecycle(entry, version)
      : null;
  };
}

function restoreActivity({ entry, job }: ToldTransition, version: string) {
  const { data } = entry;
  const event = String(data.event);
  const isStart = event === 'started';
  const activity = isStart ? CREATE : OTHER;
  const actor = objectIn(job.actor);
  const address = textIn(actor.address);
  const target = textIn(job.targetClusterName);
  return {
    activity_id: activity,
    activity_name: isStart ? 'Create' : 'Restore',
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: API_ACTIVITY,
    class_name: 'API Activity',
    type_uid: API_ACTIVITY * 100 + activity,
    time: instantIn(data.occurredAt) ?? instantIn(entry.at) ?? 0,
    ...(SEVERITIES[String(data.severity)] ?? { severity_id: 0, severity: 'Unknown' }),
    ...(STATUSES[event] ?? { status_id: OTHER, status: event }),
    ...(event === 'failed' ? { status_detail: textIn(job.errorMessage) ?? 'Atlas gives no reason' } : {}),
    message: `Restore ${String(data.jobId)}${textIn(job.instanceName) === null ? '' : ` of ${String(job.instanceName)}`} ${event}`,
    metadata: metadataOf(entry, version, textIn(data.eventId)),
    api: { operation: 'restore', request: { uid: String(data.jobId) }, service: { name: 'MongoDB Atlas' } },
    actor: actorOf(actor),
    src_endpoint: address === null ? { svc_name: 'MongoDB Atlas' } : { ip: address },
    resources: [
      resource(textIn(job.instanceName) ?? String(data.watch), textIn(job.groupId), 'source'),
      ...(target === null ? [] : [resource(target, textIn(job.targetGroupId), 'target')]),
    ],
    unmapped: {
      ...auditOf(entry),
      watch: data.watch,
      ...(textIn(job.snapshotId) === null ? {} : { snapshot_id: job.snapshotId }),
      ...(textIn(actor.confidence) === null ? {} : { actor_confidence: actor.confidence }),
    },
  };
}

function resource(name: string, project: string | null, role: string) {
  return {
    name,
    type: 'MongoDB cluster',
    labels: [role],
    ...(project === null ? {} : { namespace: project }),
  };
}

function actorOf({ id, name }: Readonly<Record<string, unknown>>) {
  const uid = textIn(id);
  if (uid === null) return { app_name: 'MongoDB Atlas' };
  return { user: { uid, ...(textIn(name) === null ? {} : { name }) } };
}

function lifecycle(entry: AuditEntry, version: string) {
  const activity = LIFECYCLE[entry.kind as keyof typeof LIFECYCLE];
  const running = textIn(entry.data.version) ?? version;
  return {
    activity_id: activity,
    activity_name: activity === LIFECYCLE['daemon.started'] ? 'Start' : 'Stop',
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: APPLICATION_LIFECYCLE,
    class_name: 'Application Lifecycle',
    type_uid: APPLICATION_LIFECYCLE * 100 + activity,
    time: instantIn(entry.at) ?? 0,
    ...SEVERITIES.info,
    metadata: metadataOf(entry, version, null),
    app: { name: 'restore-watcher', vendor_name: 'restore-watcher', version: running },
    unmapped: auditOf(entry),
  };
}

function metadataOf({ seq, at }: AuditEntry, version: string, uid: string | null) {
  return {
    version: OCSF_VERSION,
    product: { name: 'restore-watcher', vendor_name: 'restore-watcher', version },
    log_name: 'audit',
    sequence: seq,
    original_time: at,
    ...(uid === null ? {} : { uid }),
  };
}

/** OCSF 1.9 has a place for these: `record_integrity`. */
function auditOf({ seq, prev, hash }: AuditEntry) {
  return { audit: { seq, prev, hash } };
}
