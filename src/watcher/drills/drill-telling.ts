import type { AuditDraft } from '../../domain/audit.ts';
import type { DrillPlace } from '../../domain/drills/drill-place.ts';
import { waitingSince, withRun } from '../../domain/drills/drill-place.ts';
import type { DrillRun } from '../../domain/drills/drill-run.ts';
import { passWords, reasonWords } from '../../domain/drills/drill-words.ts';
import { restoreCommand } from '../../domain/drills/restore-command.ts';
import { alertKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, toIso, toIsoOrNull } from '../../domain/instant.ts';
import { placeWords, publicPlace, type WatchPlace } from '../../domain/job/place.ts';
import { shortId } from '../../domain/job/restore-job.ts';
import { isWildcard, labelsFor } from '../../domain/job/watch.ts';
import type { AlertChanges, AlertRecord } from '../record/alert-event.ts';
import type { DrillLedger } from './drill-ledger.ts';

/** What is told of a drill and written down. */
export type Telling = Omit<AlertChanges, 'drills'>;

/** The keys of the alerts of a drill at an instance, and of those that say that it cannot be read. */
export function keysOf(
  { drill, watch }: Pick<DrillLedger, 'drill' | 'watch'>,
  place: DrillPlace,
): { overdue: string; failed: string; failing: string[] } {
  const part = partOf({ watch }, place)?.place ?? null;
  const failing = [alertKey('watch_failing', watch.name)];
  if (part !== null) {
    failing.push(alertKey('watch_failing', watch.name, part));
    failing.push(alertKey('watch_failing', watch.name, { ...part, instanceName: null }));
  }
  return {
    overdue: alertKey('drill_overdue', watch.name, part, drill.name),
    failed: alertKey('drill_failed', watch.name, part, drill.name),
    failing,
  };
}

/** Tells of a run: that it did not go as agreed, or that it ends what was told before; always writes it down. */
export function tellRun(ledger: DrillLedger, key: string, run: DrillRun): Telling {
  const before = ledger.places.get(key);
  if (before === undefined) return { alert: null, raise: [], clear: [], audit: [] };
  const place = withRun(before, run);
  const keys = keysOf(ledger, place);
  const audit = [runEntry(ledger, place, run)];
  const endsOverdue = place.overdueSince !== null && run.outcome === 'finished';
  const told = place.failing;
  if (run.reasons.length > 0) {
    ledger.set(key, { ...place, failing: run, overdueSince: endsOverdue ? null : place.overdueSince });
    const alert = failedAlert(ledger, place, run);
    const clear = [...(told ? [keys.failed] : []), ...(endsOverdue ? [keys.overdue] : [])];
    return { alert, raise: [keys.failed], clear, audit };
  }
  const endsFailing = told !== null && (told.jobId === run.jobId || run.endedAt >= told.endedAt);
  if (!endsFailing && !endsOverdue) {
    ledger.set(key, place);
    return { alert: null, raise: [], clear: [], audit };
  }
  ledger.set(key, {
    ...place,
    failing: endsFailing ? null : told,
    overdueSince: endsOverdue ? null : place.overdueSince,
  });
  const clear = [...(endsFailing ? [keys.failed] : []), ...(endsOverdue ? [keys.overdue] : [])];
  return { alert: passedAlert(ledger, place, passWords(run), run), raise: [], clear, audit };
}

/** Tells that no restore has finished for so long. */
export function overdue(ledger: DrillLedger, key: string, forMs: number): Telling {
  const { drill, watch } = ledger;
  const place = ledger.places.get(key);
  if (place === undefined) throw new Error('an instance without a place is overdue');
  ledger.set(key, { ...place, overdueSince: waitingSince(place) });
  const command = restoreCommand({
    kind: watch.kind,
    groupId: place.groupId,
    instanceName: place.instanceName,
    targetClusterName: drill.targets.find((target) => !target.includes('*')) ?? null,
  });
  const ready = command === null ? '' : ` It removes all that its target holds: ${command}`;
  const facts = { ...namesOf(ledger, place), forMs: place.done === null ? null : forMs };
  return {
    alert: {
      name: 'drill_overdue',
      about: aboutOf(ledger, place, { jobId: null, reasons: [] }),
      summary: EVENT_KINDS.drill_overdue.summary(facts),
      note: `Expected every ${formatSpan(drill.everyMs)}.${ready}`,
      begin: waitingSince(place) + drill.everyMs,
    },
    raise: [keysOf(ledger, place).overdue],
    clear: [],
    audit: [],
  };
}

/** Tells that a restore has finished which nobody judges, as one from before the drill was agreed. */
export function endOverdue(ledger: DrillLedger, key: string): Telling {
  const place = ledger.places.get(key);
  if (place === undefined) throw new Error('an instance without a place was overdue');
  ledger.set(key, { ...place, overdueSince: null });
  const jobId = place.done?.jobId ?? null;
  const how = jobId === null ? 'it is due later' : `restore ${shortId(jobId)} has finished`;
  const clear = [keysOf(ledger, place).overdue];
  return {
    alert: passedAlert(ledger, place, how, { jobId, endedAt: place.done?.at }),
    raise: [],
    clear,
    audit: [],
  };
}

function failedAlert(ledger: DrillLedger, place: DrillPlace, run: DrillRun): AlertRecord {
  const restore = shortId(run.jobId);
  const why = reasonWords(run, ledger.drill);
  return {
    name: 'drill_failed',
    about: aboutOf(ledger, place, run),
    summary: EVENT_KINDS.drill_failed.summary({ ...namesOf(ledger, place), restore, why }),
    note: agreedWords(ledger),
    begin: run.endedAt,
  };
}

function passedAlert(
  ledger: DrillLedger,
  place: DrillPlace,
  how: string,
  { jobId, endedAt }: { jobId: string | null; endedAt?: number | undefined },
): AlertRecord {
  return {
    name: 'drill_passed',
    about: aboutOf(ledger, place, { jobId, reasons: [] }),
    summary: EVENT_KINDS.drill_passed.summary({ ...namesOf(ledger, place), how }),
    note: null,
    ...(endedAt === undefined ? {} : { begin: endedAt }),
  };
}

/** `Every 31 d, within 30 min, of a snapshot of at most 26 h, attested within 2 d.` */
function agreedWords({ drill }: Pick<DrillLedger, 'drill'>): string {
  const { everyMs, maxDurationMs, maxSnapshotAgeMs, validateWithinMs } = drill;
  return `${[
    `Every ${formatSpan(everyMs)}`,
    ...(maxDurationMs === null ? [] : [`within ${formatSpan(maxDurationMs)}`]),
    ...(maxSnapshotAgeMs === null ? [] : [`of a snapshot of at most ${formatSpan(maxSnapshotAgeMs)}`]),
    ...(validateWithinMs === null ? [] : [`attested within ${formatSpan(validateWithinMs)}`]),
  ].join(', ')}.`;
}

function namesOf({ drill, watch }: DrillLedger, place: DrillPlace) {
  const part = partOf({ watch }, place);
  return { drill: drill.name, watch: watch.name, place: part && placeWords(part.place) };
}

function aboutOf(
  { drill, watch }: DrillLedger,
  place: DrillPlace,
  { jobId, reasons }: { jobId: string | null; reasons: DrillRun['reasons'] },
): AlertRecord['about'] {
  return { watch, part: partOf({ watch }, place), drill: { name: drill.name, jobId, reasons } };
}

/** The instance, where the watch has several. What Atlas says of its project is not known here. */
function partOf(
  { watch }: Pick<DrillLedger, 'watch'>,
  { groupId, instanceName }: DrillPlace,
): { place: WatchPlace; labels: Readonly<Record<string, string>> } | null {
  if (!isWildcard(watch)) return null;
  const labels = labelsFor(watch.labels, { project: null, instance: { name: instanceName, tags: {} } });
  return { place: { groupId, projectName: null, instanceName }, labels };
}

function runEntry({ drill, watch }: DrillLedger, place: DrillPlace, run: DrillRun): Omit<AuditDraft, 'at'> {
  const { jobId, outcome, endedAt, tookMs, snapshotAgeMs, reasons, attestBy, attested } = run;
  return {
    kind: 'drill.run',
    data: {
      drill: drill.name,
      watch: watch.name,
      place: publicPlace({ ...place, projectName: null }),
      ...{ jobId, outcome, endedAt: toIso(endedAt), tookMs, snapshotAgeMs },
      ...{ isMet: reasons.length === 0, reasons, attestBy: toIsoOrNull(attestBy), attested },
    },
  };
}
