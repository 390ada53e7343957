import { SourceError } from '../../../errors.ts';

/** How reading one part of a `*` watch went: an instance, or the list of the instances of a project (`instanceName: null`). */
export interface Finding {
  groupId: string;
  instanceName: string | null;
  /** `null`: it was read. */
  error: Error | null;
  /** It was found in this round, and is not left from one before. */
  isFresh: boolean;
  /** It fails by itself for a while already, so that people were told. */
  isTold: boolean;
  /** Nothing comes of the reading in hand: that it could be read before says nothing. */
  isStalling: boolean;
}

/** A part of a watch that fails by itself. */
export interface FailingPart {
  groupId: string;
  instanceName: string | null;
  error: Error;
  isFresh: boolean;
}

/** Who is concerned by what has failed. */
export interface Verdict {
  /** What concerns the credential, the connection or the whole watch. */
  watch: Error | null;
  /** What concerns a project or an instance alone, each once. */
  parts: FailingPart[];
}

/** A fault that Atlas itself has told the place of, or `unknown` where nobody has: the network, a gateway, a broken answer. */
type Scope = 'watch' | 'project' | 'instance' | 'unknown';

/**
 * Decides whom each fault concerns. Where the answer says what it is about, that counts. Where nothing does, it is the smallest part that
 * holds all that began to fail together: while anything of the watch (or of a project) can be read, no more than what fails; once nothing
 * can, all of it. What was told to fail by itself is no part of that: it must not make one more blind instance look like an outage.
 * @param isProjectNamed the configuration names the project, so what concerns the project concerns the watch.
 */
export function judge(
  findings: readonly Finding[],
  { isProjectNamed }: { isProjectNamed: boolean },
): Verdict {
  const parts = new Map<string, FailingPart>();
  let watch: Error | null = null;
  const unknown: Finding[] = [];
  const blame = (groupId: string, instanceName: string | null, finding: Finding): void => {
    const { error, isFresh } = finding;
    if (error === null) return;
    const key = JSON.stringify([groupId, instanceName]);
    const before = parts.get(key);
    if (before === undefined || (isFresh && !before.isFresh)) {
      parts.set(key, { groupId, instanceName, error, isFresh });
    }
  };

  for (const finding of findings) {
    const { groupId, instanceName, error } = finding;
    if (error === null) continue;
    const scope = scopeOf(error);
    const isWatch = scope === 'watch' || (isProjectNamed && (scope === 'project' || instanceName === null));
    if (isWatch) watch ??= error;
    else if (scope === 'unknown') unknown.push(finding);
    else blame(groupId, scope === 'project' ? null : instanceName, finding);
  }

  const anew = unknown.filter(({ isTold }) => !isTold);
  const isOutage = !canRead(findings) && isMoreThanOnePart(anew, findings, isProjectNamed);
  const isAway = new Map<string, boolean>();
  if (isOutage) watch ??= anew.find(({ isFresh }) => isFresh)?.error ?? anew[0]?.error ?? null;
  for (const finding of unknown) {
    if (isOutage && !finding.isTold) continue;
    const { groupId, instanceName } = finding;
    if (!isAway.has(groupId)) isAway.set(groupId, isProjectAway(groupId, findings, anew));
    const isProject = !isProjectNamed && isAway.get(groupId) === true;
    blame(groupId, isProject ? null : instanceName, finding);
  }
  return { watch, parts: [...parts.values()] };
}

/** True when anything there could be read, as far as one can tell. */
export function canRead(findings: readonly Finding[]): boolean {
  return findings.some(({ error, isStalling }) => error === null && !isStalling);
}

function scopeOf(error: Error): Scope {
  if (!(error instanceof SourceError)) return 'watch';
  switch (error.subject) {
    case 'credential':
    case 'access_list':
      return 'watch';
    case 'project':
      return 'project';
    case 'instance':
    case 'kind':
    case 'job':
    case 'request':
      return 'instance';
    case null:
      return 'unknown';
  }
}

/** One part that fails alone is itself, unless it is all there is. */
function isMoreThanOnePart(
  anew: readonly Finding[],
  all: readonly Finding[],
  isProjectNamed: boolean,
): boolean {
  const partsOf = (findings: readonly Finding[]): number =>
    new Set(
      findings.map(({ groupId, instanceName }) => (isProjectNamed ? `${groupId}/${instanceName}` : groupId)),
    ).size;
  const count = partsOf(anew);
  return count > 1 || (count === 1 && partsOf(all) === 1);
}

/** Nothing in the project can be read, and more than one instance of it has begun to fail. */
function isProjectAway(groupId: string, findings: readonly Finding[], anew: readonly Finding[]): boolean {
  const isHere = (finding: Finding): boolean => finding.groupId === groupId;
  return !canRead(findings.filter(isHere)) && anew.filter(isHere).length > 1;
}
