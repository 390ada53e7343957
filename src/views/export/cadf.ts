import type { AuditEntry } from '../../domain/audit.ts';
import { objectIn, textIn } from '../../domain/audit-fields.ts';
import { ToldJobs, type ToldTransition } from './told-jobs.ts';

/** DSP0262 1.0.0, https://www.dmtf.org/standards/cadf */
const EVENT_TYPE = 'http://schemas.dmtf.org/cloud/audit/1.0/event';

/** What a transition is in the words of CADF; what is left out is `unknown`. */
const OUTCOMES: Readonly<Record<string, string>> = {
  started: 'pending',
  ready: 'success',
  finished: 'success',
  failed: 'failure',
  cancelled: 'failure',
  expired: 'failure',
};

/**
 * Makes CADF 1.0.0 of the audit log, entry by entry, in order: an activity `restore` of what happens to each restore, `start` and `stop` of
 * the watcher. `null` for everything else.
 * @param origin names the watcher that observed it: the name of its audit log.
 */
export function createCadfMapper(
  origin: string,
): (entry: AuditEntry) => Readonly<Record<string, unknown>> | null {
  const jobs = new ToldJobs();
  return (entry) => {
    const told = jobs.read(entry);
    if (told !== null) return restoreEvent(told, origin);
    return entry.kind === 'daemon.started' || entry.kind === 'daemon.stopped'
      ? ownEvent(entry, origin)
      : null;
  };
}

function restoreEvent({ entry, job }: ToldTransition, origin: string) {
  const { data } = entry;
  const event = String(data.event);
  const outcome = OUTCOMES[event] ?? 'unknown';
  // That what had finished has run out undoes nothing.
  const isNews = event === 'expired' && data.from === 'finished';
  const project = textIn(job.targetGroupId) ?? textIn(job.groupId) ?? '';
  const target = textIn(job.targetClusterName) ?? textIn(job.instanceName) ?? String(data.watch);
  return {
    typeURI: EVENT_TYPE,
    id: textIn(data.eventId) ?? entry.hash,
    eventType: 'activity',
    eventTime: textIn(data.occurredAt) ?? entry.at,
    action: 'restore',
    outcome: isNews ? 'success' : outcome,
    ...(outcome === 'failure' && !isNews
      ? { reason: { reasonType: 'restore-watcher', reasonCode: event } }
      : {}),
    initiator: initiatorOf(objectIn(job.actor)),
    target: { typeURI: 'data/database', id: `${project}/${target}`, name: target },
    observer: { typeURI: 'service/bss', id: origin },
    attachments: [
      attachment('restore_job', String(data.jobId)),
      attachment('source', `${textIn(job.groupId) ?? ''}/${textIn(job.instanceName) ?? ''}`),
      ...auditOf(entry),
    ],
  };
}

function initiatorOf({ id, name, address }: Readonly<Record<string, unknown>>) {
  const known = textIn(id);
  if (known === null) return { typeURI: 'service/bss', id: 'mongodb-atlas', name: 'MongoDB Atlas' };
  return {
    typeURI: 'service/security/account/user',
    id: known,
    ...(textIn(name) === null ? {} : { name }),
    ...(textIn(address) === null ? {} : { host: { address } }),
  };
}

function ownEvent(entry: AuditEntry, origin: string) {
  const watcher = { typeURI: 'service/bss', id: origin };
  return {
    typeURI: EVENT_TYPE,
    id: entry.hash,
    eventType: 'activity',
    eventTime: entry.at,
    action: entry.kind === 'daemon.started' ? 'start' : 'stop',
    outcome: 'success',
    ...{ initiator: watcher, target: watcher, observer: watcher },
    attachments: auditOf(entry),
  };
}

function auditOf({ seq, prev, hash }: AuditEntry) {
  return [
    attachment('audit_seq', String(seq)),
    attachment('audit_prev', prev),
    attachment('audit_hash', hash),
  ];
}

function attachment(name: string, content: string) {
  return { name, contentType: 'text/plain', content };
}
