import type { AuditDraft } from '../../domain/audit.ts';
import type { DrillPlace, Judgement } from '../../domain/drills/drill-place.ts';
import { endsOverdue, waitingSince, withRun } from '../../domain/drills/drill-place.ts';
import type { DrillRun } from '../../domain/drills/drill-run.ts';
import { passWords, reasonWords } from '../../domain/drills/drill-words.ts';
import { restoreCommand } from '../../domain/drills/restore-command.ts';
import { alertKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, type Timestamp, toIso, toIsoOrNull } from '../../domain/instant.ts';
import { placeWords, publicPlace, type WatchPlace } from '../../domain/job/place.ts';
import { shortId } from '../../domain/job/restore-job.ts';
import { isWildcard, labelsFor } from '../../domain/job/watch.ts';
import type { AlertChanges, AlertRecord } from '../record/alert-event.ts';
import type { DrillLedger } from './drill-ledger.ts';

/** What is told of a drill and written down. */
export type Telling = Omit<AlertChanges, 'drills'>;

/** Nothing is told, and nothing written down. */
export const NOTHING: Telling = { alert: null, raise: [], clear: [], audit: [] };

/** The keys of the alerts of a drill at an instance, and of those that say that it cannot be read. */
export function alertKeysOf(
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

/**
 * Tells of a run what was not told of it before: that it did not go as agreed, or that all is as agreed again. While anything else that was
 * told of the drill lasts, it is not in order, and what ends is not told. Always writes the run down.
 */
export function tellRun(
  ledger: DrillLedger,
  key: string,
  { run, before }: Judgement,
  now: Timestamp | null,
): Telling {
  const known = ledger.places.get(key);
  if (known === undefined) return NOTHING;
  const place = withRun(known, run);
  const { failing, overdueSince } = place;
  const isNews = run.reasons.some((reason) => !before?.reasons.includes(reason));
  const isTold = failing?.jobId === run.jobId;
  const endsFailing =
    failing !== null && run.reasons.length === 0 && (isTold || run.endedAt >= failing.endedAt);
  const after: DrillPlace = {
    ...place,
    failing: isNews || (isTold && !endsFailing) ? run : endsFailing ? null : failing,
    overdueSince: endsOverdue(place, ledger.drill, now) ? null : overdueSince,
  };
  ledger.set(key, after);
  const clear = [
    ...(failing !== null && (isNews || endsFailing) ? [alertKeysOf(ledger, place).failed] : []),
    ...endedOverdue(ledger, place, after),
  ];
  const audit = [runEntry(ledger, after, run)];
  if (isNews)
    return {
      alert: failedAlert(ledger, place, run),
      raise: [alertKeysOf(ledger, place).failed],
      clear,
      audit,
    };
  const alert = clear.length > 0 && isInOrder(after) ? passedAlert(ledger, place, passWords(run), run) : null;
  return { alert, raise: [], clear, audit };
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
    raise: [alertKeysOf(ledger, place).overdue],
    clear: [],
    audit: [],
  };
}

/**
 * Tells that a restore has finished which nobody judges, as one from before the drill was agreed. Not while the drill is told to have failed:
 * how that stands is then written down anew.
 */
export function endOverdue(ledger: DrillLedger, key: string): Telling {
  const place = ledger.places.get(key);
  if (place === undefined) throw new Error('an instance without a place was overdue');
  const after = { ...place, overdueSince: null };
  ledger.set(key, after);
  const clear = endedOverdue(ledger, place, after);
  const { done, failing } = place;
  if (failing !== null) return { alert: null, raise: [], clear, audit: [runEntry(ledger, after, failing)] };
  const how = done === null ? 'it is due later' : `restore ${shortId(done.jobId)} has finished`;
  const about = { jobId: done?.jobId ?? null, endedAt: done?.at };
  return { alert: passedAlert(ledger, place, how, about), raise: [], clear, audit: [] };
}

/** The key of the alert that ends between these two, if it does. */
function endedOverdue(ledger: DrillLedger, before: DrillPlace, after: DrillPlace): string[] {
  const hasEnded = before.overdueSince !== null && after.overdueSince === null;
  return hasEnded ? [alertKeysOf(ledger, before).overdue] : [];
}

/** Nothing that was told of the drill lasts. */
function isInOrder({ failing, overdueSince }: DrillPlace): boolean {
  return failing === null && overdueSince === null;
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
      overdueSince: toIsoOrNull(place.overdueSince),
    },
  };
}
