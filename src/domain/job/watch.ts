import { type Cession, isLeftOut } from './cession.ts';
import type { JobKind } from './restore-job.ts';

/** `v1.0` and `v2` of the Atlas Administration API; `public`: the API of Ops Manager and Cloud Manager, which has one version. */
export type ApiVersion = 'v1.0' | 'v2' | 'public';

/** What to poll, normalised from the configuration. Spans are milliseconds. */
export interface Watch {
  name: string;
  connection: string;
  kind: JobKind;
  apiVersion: ApiVersion;
  /** `*`: every project that the credential sees. */
  groupId: string;
  /** `*`: every instance of the project that can have such jobs. */
  instanceName: string;
  /** With `*`: globs of instances that are not followed. */
  exclude: readonly string[];
  /** What it leaves to other watches that name it more closely. */
  cedes: readonly Cession[];
  /** Watches that follow some of the same and tell of it as well: neither leaves it to the other. */
  alongside: readonly string[];
  /** Empty: every job of the instance. */
  restoreJobIds: readonly string[];
  /** node-cron expressions, read in UTC. */
  schedule: string;
  scheduleIdle: string | null;
  /** Nobody has written a schedule: the default one stretches, where the ceiling of requests does not allow it. */
  isScheduleDefault: boolean;
  /** `false`: at first sight nothing about the past; `true`: all of it; a number: what ended within that many milliseconds. */
  announceExisting: boolean | number;
  /** A running job is stalled after so many milliseconds; `auto`: well beyond what is usual there; `null`: never. */
  stalledAfter: number | 'auto' | null;
  /** A ready link is told of so many milliseconds before it runs out; `null`: never. */
  expiringWithinMs: number | null;
  /** The watch counts as failing when it could not be polled for so many milliseconds. */
  failingAfterMs: number;
  /** A restore should finish at least this often, in milliseconds; `null`: no matter. */
  expectRestoreEveryMs: number | null;
  /** Recovery time objective: a restore should take no longer, in milliseconds; `null`: none is agreed. */
  rtoMs: number | null;
  /** Recovery point objective: a snapshot should be no older when its restore begins, in milliseconds; `null`: none is agreed. */
  rpoMs: number | null;
  /** With `*`: how often projects and instances are listed again, in milliseconds. */
  discoverEveryMs: number;
  /** How often a long list is read whole, in place of its newest page, in milliseconds. */
  reconcileEveryMs: number;
  /** With `*`: `auto`: the activity feed of a project may tell when to poll it; `off`: all of it is polled at every tick. */
  hint: 'auto' | 'off';
  /** Where the feed tells when to poll: how often each target is polled all the same, in milliseconds. */
  sweepEveryMs: number;
  /** The activity feed is asked who began each new restore. */
  actors: boolean;
  /** Values may take from the project and the instance that an event is about; see `labelsFor`. */
  labels: Readonly<Record<string, string>>;
}

/** One instance of a project as one watch sees it: the unit that is polled and that has a baseline. */
export interface Target {
  watch: string;
  connection: string;
  kind: JobKind;
  apiVersion: ApiVersion;
  groupId: string;
  instanceName: string;
  labels: Readonly<Record<string, string>>;
}

/** The one target of a watch that names its project and its instance. */
export function targetOf(watch: Watch): Target {
  const { name, connection, kind, apiVersion, groupId, instanceName, labels } = watch;
  return { watch: name, connection, kind, apiVersion, groupId, instanceName, labels };
}

/** True for a watch whose targets have to be looked for. */
export function isWildcard({ groupId, instanceName }: Pick<Watch, 'groupId' | 'instanceName'>): boolean {
  return groupId === '*' || instanceName === '*';
}

/** True for a watch that follows every project which its credential sees. */
export function isOfAllProjects({ groupId }: Pick<Watch, 'groupId'>): boolean {
  return groupId === '*';
}

/** What labels can take from: `null` where it is not known (a watch that names its project never asks for the project's name). */
export interface LabelFacts {
  project: { name: string; tags: Readonly<Record<string, string>> } | null;
  instance: { name: string; tags: Readonly<Record<string, string>> } | null;
}

/**
 * Fills in labels: `{project.name}`, `{project.tags.TAG}`, `{instance.name}` and `{instance.tags.TAG}` in a value stand for what Atlas
 * says; a label that asks for something that is not there is left out.
 */
export function labelsFor(
  labels: Readonly<Record<string, string>>,
  facts: LabelFacts,
): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const [label, pattern] of Object.entries(labels)) {
    let isComplete = true;
    const value = pattern.replaceAll(
      /\{(project|instance)\.(name|tags\.([^}]+))\}/g,
      (_all, whose, what, tag) => {
        const about = whose === 'project' ? facts.project : facts.instance;
        const found = what === 'name' ? about?.name : about?.tags[String(tag)];
        if (found === undefined) isComplete = false;
        return found ?? '';
      },
    );
    if (isComplete) filled[label] = value;
  }
  return filled;
}

/**
 * Where a target lies, by its key in the store; `null`: it is none that a `*` watch of this kind can have found, as the configuration
 * stands now.
 */
export function placeOfKey(watch: Watch, key: string): Pick<Target, 'groupId' | 'instanceName'> | null {
  if (!key.startsWith(`${watch.name}/${watch.kind}/`)) return null;
  const { groupId, instanceName } = homeOfKey(watch.name, key);
  const isCovered =
    (watch.groupId === '*' || watch.groupId === groupId) &&
    (watch.instanceName === '*' || watch.instanceName === instanceName);
  return isCovered && !isLeftOut(watch, { groupId, instanceName }) ? { groupId, instanceName } : null;
}

/** The project and the instance that the key of a target of this watch names. */
export function homeOfKey(watch: string, key: string): Pick<Target, 'groupId' | 'instanceName'> {
  const [_kind, groupId = '', ...rest] = key.slice(watch.length + 1).split('/');
  return { groupId, instanceName: rest.join('/') };
}

/** What of a target names it in the store. */
export type TargetPlace = Pick<Target, 'watch' | 'kind' | 'groupId' | 'instanceName'>;

/** Names a target in the store. A watch that is pointed at something else is a new target, with a baseline of its own. */
export function targetKey({ watch, kind, groupId, instanceName }: TargetPlace): string {
  return [watch, kind, groupId, instanceName].join('/');
}
