import type { AuditDraft } from '../../domain/audit.ts';
import { asksForUsuals, planSighting } from '../../domain/event/plan.ts';
import { HISTORY_LIMIT, type Usuals, usualsFrom } from '../../domain/job/eta.ts';
import { targetKey } from '../../domain/job/watch.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { Comparer, Findings } from './compare.ts';
import type { PollDeps, PollInput, Written } from './input.ts';

/**
 * Writes what has gathered, in one transaction. `isComplete`: the target has now been read whole, so its baseline stands. Jobs asked
 * for by name are no baseline: once their ids leave the configuration, the first listing must not take the instance's whole past for
 * news. An aborted cycle may have been given up and another one begun: it writes nothing, and rejects with the signal's reason.
 * @returns what was written; `null` when there was nothing to write.
 */
export async function commitFindings(
  deps: PollDeps,
  input: PollInput,
  comparer: Comparer,
  { isComplete }: { isComplete: boolean },
): Promise<Written | null> {
  const { watch, target, signal } = input;
  signal.throwIfAborted();
  const takesBaseline = isComplete && comparer.isFirstLook;
  if (!takesBaseline && comparer.changes === 0) return null;
  const at = deps.clock.now();
  const { observations, sightings } = comparer.findings();
  const { events, audit } = await planAll(deps, input, sightings);
  signal.throwIfAborted();
  await deps.store.commitPoll({
    targetKey: targetKey(target),
    watch: watch.name,
    at,
    takesBaseline,
    observations,
    events,
    audit: takesBaseline ? [...audit, baselineEntry(input, at, comparer.jobs)] : audit,
  });
  comparer.clearFindings();
  return { changes: observations.length, events };
}

/** Planned when it is written, by the mutes that are in force then. */
async function planAll(deps: PollDeps, { target, projectUrl }: PollInput, sightings: Findings['sightings']) {
  const rules = {
    routes: deps.routes(),
    nextDigest: deps.nextDigest,
    mutes: await mutesFor(deps, sightings),
    usuals: await usualsFor(deps, target, sightings),
  };
  const plans = sightings.map(({ sighting, foundAt }) =>
    planSighting(sighting, { ...rules, target, labels: target.labels, projectUrl, now: foundAt }),
  );
  return { events: plans.flatMap(({ events }) => events), audit: plans.flatMap(({ audit }) => audit) };
}

/** Asked for only when something was found: an idle poll costs no question. */
async function mutesFor({ store }: PollDeps, [first]: Findings['sightings']): Promise<readonly Mute[]> {
  return first ? await store.listMutes({ inForceAt: first.foundAt }) : [];
}

/** Asked for only when a running job is told of. */
async function usualsFor(
  { store }: PollDeps,
  target: PollInput['target'],
  sightings: Findings['sightings'],
): Promise<Usuals> {
  if (!sightings.some(({ sighting }) => asksForUsuals(sighting))) return new Map();
  return usualsFrom(await store.finishedDurations(targetKey(target), HISTORY_LIMIT));
}

function baselineEntry({ watch, target }: PollInput, at: number, jobs: number): AuditDraft {
  const { kind, groupId, instanceName } = target;
  return { at, kind: 'baseline.taken', data: { watch: watch.name, kind, groupId, instanceName, jobs } };
}
