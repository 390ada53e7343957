import { closestTo, listed } from '../closest.ts';
import type { JobKind } from '../domain/job/restore-job.ts';
import { SERVERLESS_END } from '../domain/job/serverless-end.ts';
import type { Target } from '../domain/job/watch.ts';
import type { PlacedFault, StepFault } from './diagnosis.ts';
import type { Inventory, Neighbour } from './inventory.ts';

/** What a kind's instances are called. */
const INSTANCE_WORDS: Readonly<Record<JobKind, string>> = {
  serverless: 'a serverless instance',
  flex: 'a flex cluster',
  cluster: 'a dedicated cluster',
  collection: 'a dedicated cluster',
  legacy: 'a cluster with legacy backup',
};

/**
 * Looks whether what was not found is there under another kind, or under a name that is close, and says so in the hint. A fault that
 * is about neither, and one where the credential may not look, stays as it is.
 */
export async function withSuggestion(
  placed: PlacedFault,
  target: Target,
  inventory: Inventory,
): Promise<StepFault> {
  const { step, fault, suggestedKind } = placed;
  const { reason } = fault;
  // Where the credential has no role, it may have been invited to another project than the one that is written.
  if (step === 'project' && (reason === 'not_found' || reason === 'auth'))
    return await suggestProject(fault, target, inventory);
  const isAboutKind =
    suggestedKind !== null || reason === 'not_found' || reason === 'wrong_kind' || reason === 'gone';
  return step === 'instance' && isAboutKind ? await suggestInstance(placed, target, inventory) : fault;
}

async function suggestProject(fault: StepFault, target: Target, inventory: Inventory): Promise<StepFault> {
  const projects = target.groupId === '*' ? null : await inventory.projects(target);
  if (projects === null) return fault;
  if (projects.length === 0) return adding(fault, 'This credential sees no project at all.');
  if (projects.some(({ groupId }) => groupId === target.groupId)) return fault;
  const ids = projects.map(({ groupId }) => groupId);
  const close = closestTo(target.groupId, ids);
  const closest = projects.find(({ groupId }) => groupId === close);
  if (closest) {
    const { groupId, name } = closest;
    return adding(fault, `Did you mean ${groupId} (${name})?`, { groupId });
  }
  return adding(
    fault,
    `This credential sees ${listed(
      projects.map(({ name, groupId }) => `${name}: ${groupId}`),
      5,
    )}.`,
  );
}

async function suggestInstance(
  { fault, suggestedKind }: PlacedFault,
  target: Target,
  inventory: Inventory,
): Promise<StepFault> {
  const neighbours = await inventory.instances(target.groupId, target);
  const elsewhere = neighbours?.find((each) => isElsewhere(each, target))?.kind;
  const kind = elsewhere ?? suggestedKind;
  if (kind !== null && kind !== target.kind) {
    const hint = `${target.instanceName} is ${INSTANCE_WORDS[kind]}: use the kind ${kind}.`;
    return { ...fault, hint, suggestion: { kind } };
  }
  if (neighbours === null || fault.reason !== 'not_found') return fault;
  if (neighbours.length === 0) return adding(fault, nothingListed(target));
  return suggestName(fault, target, neighbours);
}

function suggestName(fault: StepFault, target: Target, neighbours: readonly Neighbour[]): StepFault {
  const close = closestName(
    target.instanceName,
    neighbours.map(({ name }) => name),
  );
  const closest = neighbours.find(({ name }) => name === close);
  if (!closest) {
    const names = neighbours.map(({ name, kind }) => `${name} (${kind})`);
    return adding(fault, `The project has ${listed(names)}.`);
  }
  const { instanceName, name, kind } = closest;
  const id = instanceName === name ? '' : ` (${instanceName}, jobs are asked for by the id)`;
  if (isSameList(kind, target.kind))
    return adding(fault, `Did you mean ${JSON.stringify(name)}${id}?`, { instanceName });
  return adding(fault, `Did you mean ${JSON.stringify(name)}, which is ${INSTANCE_WORDS[kind]}?`, {
    instanceName,
    kind,
  });
}

function nothingListed({ kind }: Target): string {
  return kind === 'serverless'
    ? `Atlas lists nothing there. ${SERVERLESS_END}`
    : 'Atlas lists no instance in this project.';
}

function isElsewhere({ name, kind }: Neighbour, target: Target): boolean {
  return name === target.instanceName && !isSameList(kind, target.kind);
}

function isSameList(one: JobKind, other: JobKind): boolean {
  const listOf = (kind: JobKind): JobKind => (kind === 'collection' || kind === 'legacy' ? 'cluster' : kind);
  return listOf(one) === listOf(other);
}

/** A slip of the finger, or a name that goes on where the other ends: `orders` and `orders-prod`. */
function closestName(written: string, names: readonly string[]): string | null {
  const [a, ...others] = names.filter((name) => name.startsWith(written) || written.startsWith(name));
  return closestTo(written, names) ?? (others.length === 0 ? (a ?? null) : null);
}

function adding(fault: StepFault, words: string, suggestion: StepFault['suggestion'] = null): StepFault {
  return { ...fault, hint: [fault.hint, words].filter((text) => text !== null).join(' '), suggestion };
}
