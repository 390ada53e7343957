import { toIsoOrNull } from '../../domain/instant.ts';
import { publicActor } from '../../domain/job/actor.ts';
import type { Report, RestoreRow } from '../../domain/report/report.ts';
import { type CsvValue, csvLine } from '../csv.ts';

const COLUMNS: ReadonlyArray<[name: string, cellOf: (row: RestoreRow) => CsvValue]> = [
  ['job_id', ({ jobId }) => jobId],
  ['watch', ({ watch }) => watch],
  ['kind', ({ kind }) => kind],
  ['delivery_type', ({ deliveryType }) => deliveryType],
  ['source_project', ({ groupId }) => groupId],
  ['source_instance', ({ instanceName }) => instanceName],
  ['target_project', ({ targetGroupId }) => targetGroupId],
  ['target_cluster', ({ targetClusterName }) => targetClusterName],
  ['began_at', ({ beganAt }) => toIsoOrNull(beganAt)],
  ['begin_is', ({ beginIs }) => beginIs],
  ['ended_at', ({ endedAt }) => toIsoOrNull(endedAt)],
  ['end_is', ({ endIs }) => endIs],
  ['state', ({ state }) => state],
  ['outcome', ({ outcome }) => outcome],
  ['warnings', ({ warnings }) => warnings],
  ['error', ({ errorMessage }) => errorMessage],
  ['duration_ms', ({ durationMs }) => durationMs],
  ['rto_ms', ({ rtoMs }) => rtoMs],
  ['within_rto', ({ isWithinRto }) => isWithinRto],
  ['snapshot_id', ({ snapshotId }) => snapshotId],
  ['snapshot_at', ({ snapshotAt }) => toIsoOrNull(snapshotAt)],
  ['snapshot_age_ms', ({ snapshotAgeMs }) => snapshotAgeMs],
  ['rpo_ms', ({ rpoMs }) => rpoMs],
  ['within_rpo', ({ isWithinRpo }) => isWithinRpo],
  ['actor_id', ({ actor }) => actorField(actor, 'id')],
  ['actor_name', ({ actor }) => actorField(actor, 'name')],
  ['actor_address', ({ actor }) => actorField(actor, 'address')],
  ['actor_confidence', ({ actor }) => actorField(actor, 'confidence')],
  ['drills', ({ drills }) => drills.map(({ name }) => name).join(' ') || null],
  ['drills_lack', ({ drills }) => drills.flatMap(({ reasons }) => reasons).join(' ') || null],
  ['validation', ({ attestation }) => attestation?.result ?? null],
  ['validated_at', ({ attestation }) => toIsoOrNull(attestation?.at ?? null)],
  ['validated_by', ({ attestation }) => attestation?.by ?? null],
  ['ticket', ({ attestation }) => attestation?.ticket ?? null],
  ['validation_note', ({ attestation }) => attestation?.note ?? null],
  ['clean_up', ({ attestation }) => attestation?.cleanUp ?? null],
  ['told_channels', ({ told }) => told.map(({ channel }) => channel).join(' ') || null],
  ['first_told_at', ({ told }) => toIsoOrNull(firstOf(told.flatMap(({ firstAt }) => firstAt ?? [])))],
  ['messages_given_up', ({ told }) => told.reduce((sum, { givenUp }) => sum + givenUp, 0)],
];

/** The restores of the report, one a line, a column for each fact (RFC 4180). */
export function reportCsv({ restores }: Report): string {
  const header = csvLine(COLUMNS.map(([name]) => name));
  return header + restores.map((row) => csvLine(COLUMNS.map(([, cellOf]) => cellOf(row)))).join('');
}

function actorField(actor: RestoreRow['actor'], name: string): CsvValue {
  const value = actor === null ? null : publicActor(actor)[name];
  return typeof value === 'string' ? value : null;
}

function firstOf(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}
