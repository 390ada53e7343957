import type { Target } from './watch.ts';

/** A part of what a `*` watch has found that can be blind by itself: a project, or one instance of it. */
export interface WatchPlace {
  groupId: string;
  /** As people call the project; `null` where the watch names it, and Atlas was never asked. */
  projectName: string | null;
  /** `null`: the whole project. */
  instanceName: string | null;
}

/** A place as scripts, webhooks and the audit log see it. */
export interface PublicPlace {
  groupId: string;
  instanceName?: string;
}

/** Names a place among those of one watch. */
export function placeKey({ groupId, instanceName }: Pick<WatchPlace, 'groupId' | 'instanceName'>): string {
  return instanceName === null ? groupId : `${groupId}/${instanceName}`;
}

/** Reads a `placeKey` back; the name of the project is not in it. */
export function parsePlaceKey(key: string): WatchPlace {
  const [groupId = '', ...rest] = key.split('/');
  return { groupId, projectName: null, instanceName: rest.length === 0 ? null : rest.join('/') };
}

/** Leaves out what is only for people. */
export function publicPlace({ groupId, instanceName }: WatchPlace): PublicPlace {
  return instanceName === null ? { groupId } : { groupId, instanceName };
}

/** `project alpha`, or `orders in project alpha`; a project whose name is not known goes by its id. */
export function placeWords({ groupId, projectName, instanceName }: WatchPlace): string {
  const project = `project ${projectName ?? groupId}`;
  return instanceName === null ? project : `${instanceName} in ${project}`;
}

/** True when the target lies in the place. */
export function liesIn(
  target: Pick<Target, 'groupId' | 'instanceName'>,
  { groupId, instanceName }: WatchPlace,
): boolean {
  return target.groupId === groupId && (instanceName === null || target.instanceName === instanceName);
}
