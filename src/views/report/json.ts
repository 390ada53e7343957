import { toIso, toIsoOrNull } from '../../domain/instant.ts';
import { publicActor } from '../../domain/job/actor.ts';
import type { Report } from '../../domain/report/report.ts';

/** The report for scripts: instants as ISO 8601, spans in milliseconds. */
export function reportView(report: Report): Readonly<Record<string, unknown>> {
  const { period, madeAt, version, watch, configuration, integrity, watches } = report;
  return {
    period: { since: toIso(period.since), until: toIso(period.until), timeZone: 'UTC' },
    recordFrom: toIso(report.recordFrom),
    ...{ madeAt: toIso(madeAt), version, watch },
    configuration: configuration && { ...configuration, loadedAt: toIso(configuration.loadedAt) },
    ...{ integrity, watches },
    restores: report.restores.map((row) => ({
      ...row,
      beganAt: toIso(row.beganAt),
      endedAt: toIsoOrNull(row.endedAt),
      snapshotAt: toIsoOrNull(row.snapshotAt),
      actor: row.actor && publicActor(row.actor),
      attestation: row.attestation && { ...row.attestation, at: toIso(row.attestation.at) },
      told: row.told.map((told) => ({ ...told, firstAt: toIsoOrNull(told.firstAt) })),
    })),
    drills: report.drills.map((drill) => ({
      ...drill,
      lastRunAt: toIsoOrNull(drill.lastRunAt),
      overdue: drill.overdue.map(({ since, until }) => ({ since: toIso(since), until: toIsoOrNull(until) })),
    })),
    blind: report.blind.map((span) => ({
      ...span,
      from: toIso(span.from),
      until: toIsoOrNull(span.until),
    })),
    undelivered: report.undelivered.map((notice) => ({ ...notice, at: toIso(notice.at) })),
  };
}
