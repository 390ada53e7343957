import type { AuditEntry } from '../../domain/audit.ts';
import { type Data, objectIn } from '../../domain/audit-fields.ts';
import { type CsvValue, csvLine } from '../csv.ts';

/** Facts that have a column of their own, with where they stand in the data of an entry. */
const COLUMNS: ReadonlyArray<[name: string, path: readonly string[]]> = [
  ['watch', ['watch']],
  ['job_id', ['jobId']],
  ['event_id', ['eventId']],
  ['event', ['event']],
  ['severity', ['severity']],
  ['state', ['state']],
  ['from', ['from']],
  ['to', ['to']],
  ['occurred_at', ['occurredAt']],
  ['detected_at', ['detectedAt']],
  ['inferred', ['inferred']],
  ['late', ['late']],
  ['kind_of_job', ['job', 'kind']],
  ['delivery_type', ['job', 'deliveryType']],
  ['source_project', ['job', 'groupId']],
  ['source_instance', ['job', 'instanceName']],
  ['target_project', ['job', 'targetGroupId']],
  ['target_cluster', ['job', 'targetClusterName']],
  ['created_at', ['job', 'createdAt']],
  ['finished_at', ['job', 'finishedAt']],
  ['snapshot_id', ['job', 'snapshotId']],
  ['snapshot_at', ['job', 'snapshotAt']],
  ['error', ['job', 'errorMessage']],
  ['actor_id', ['job', 'actor', 'id']],
  ['actor_name', ['job', 'actor', 'name']],
  ['actor_confidence', ['job', 'actor', 'confidence']],
  ['decision', ['decision']],
  ['channel', ['channel']],
  ['recipient', ['recipient']],
  ['attempt', ['attempt']],
  ['outcome', ['outcome']],
  ['reason', ['reason']],
  ['detail', ['detail']],
  ['by', ['by']],
  ['result', ['result']],
  ['ticket', ['ticket']],
  ['note', ['note']],
  ['drill', ['drill']],
  ['sha256', ['sha256']],
];

const HEAD = ['seq', 'at', 'kind'];
const TAIL = ['other', 'prev', 'hash'];

/** The first line: a name for each column. */
export const AUDIT_CSV_HEADER = csvLine([...HEAD, ...COLUMNS.map(([name]) => name), ...TAIL]);

/**
 * An entry as a line of CSV: a column for each fact that many entries have; every other fact in the column `other`, as `name=value` with a
 * semicolon between two, so that none is lost.
 */
export function auditCsvLine({ seq, at, kind, data, prev, hash }: AuditEntry): string {
  const facts = new Map(factsOf(data));
  const cells = COLUMNS.map(([, path]): CsvValue => {
    const key = path.join('.');
    const value = facts.get(key) ?? null;
    facts.delete(key);
    return value;
  });
  const other = [...facts].flatMap(([name, value]) => (value === null ? [] : `${name}=${value}`));
  return csvLine([seq, at, kind, ...cells, other.join('; ') || null, prev, hash]);
}

function factsOf(data: Data, before: readonly string[] = []): Array<[string, CsvValue]> {
  return Object.entries(data).flatMap(([key, value]): Array<[string, CsvValue]> => {
    const path = [...before, key];
    if (Array.isArray(value)) {
      const isFlat = value.every((item) => typeof item !== 'object');
      if (isFlat) return [[path.join('.'), value.join(' ')]];
      return value.flatMap((item, index) => factsOf(objectIn(item), [...path, String(index)]));
    }
    if (typeof value === 'object' && value !== null) return factsOf(objectIn(value), path);
    return [
      [
        path.join('.'),
        typeof value === 'number' || typeof value === 'boolean'
          ? value
          : value === null
            ? null
            : String(value),
      ],
    ];
  });
}
