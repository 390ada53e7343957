import pLimit from 'p-limit';
import type { Clock } from '../../clock.ts';
import type { AuditDraft } from '../../domain/audit.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { SERVERLESS_END } from '../../domain/job/serverless-end.ts';
import type { StallLimit } from '../../domain/job/time-events.ts';
import {
  isWildcard,
  labelsFor,
  type Target,
  targetKey,
  targetOf,
  type Watch,
} from '../../domain/job/watch.ts';
import { SourceError, toError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { JobSource, ListedInstance, ListedProject, ReadOptions } from '../../source/source.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import type { PageNote } from '../poll/poll.ts';
import type { PollProgress } from '../poll/progress.ts';

/** A target with what has to be remembered between its polls. */
export interface TrackedTarget {
  readonly target: Target;
  /** When it came to light later: jobs created since then are news. `null` for those of the first look. */
  readonly newSince: Timestamp | null;
  /** When its list was last read whole, by the monotonic clock; `null` before the first time. */
  lastWholeAt: number | null;
  hasRunningJobs: boolean;
  /** See `PollInput.pages`. */
  readonly pages: Map<number, PageNote>;
  /** For `stalledAfter: "auto"`, by delivery type; from the history of the target as of the last whole listing. `null`: not read by this process yet. */
  stallLimits: ReadonlyMap<string, StallLimit> | null;
}

/** The targets of one watch. A watch that names its instance has just that one. */
export interface TargetBook {
  /**
   * The targets as they stand. Projects and instances are listed again when that is due.
   * `fault`: some of it could not be listed; what was known of that part stays.
   * Once the signal has aborted, nothing is taken over or written any more.
   */
  current(
    signal: AbortSignal,
    progress?: PollProgress,
  ): Promise<{ targets: TrackedTarget[]; fault: Error | null }>;
  /** The target that this instance is, as of the last look; `null`: none of this watch. */
  find(place: Pick<Target, 'groupId' | 'instanceName'>): Target | null;
  /** Lists again at the next look: an instance that should be there was not found. */
  expire(): void;
  /**
   * All of them have been read since the last look. Only then is that look kept, also for the next process: what a new instance did
   * before must not become part of its baseline because of a restart.
   */
  settle(): Promise<void>;
}

/** What a book of targets works with. */
export interface TargetBookDeps {
  source: JobSource;
  store: JobStore;
  clock: Clock;
  logger: Logger;
  /** Writes to the audit log. */
  writeDown: (kind: AuditDraft['kind'], data: AuditDraft['data']) => Promise<void>;
}

/** Projects whose instances are listed at once; the request budget is the real limit. */
const PROJECTS_AT_ONCE = 4;

/** Opens the book of a watch. Nothing is listed before the first look. */
export function createTargetBook(deps: TargetBookDeps, watch: Watch): TargetBook {
  if (!isWildcard(watch)) {
    const only: TrackedTarget = {
      target: targetOf(watch),
      newSince: null,
      lastWholeAt: null,
      hasRunningJobs: false,
      stallLimits: null,
      pages: new Map(),
    };
    return {
      current: async () => ({ targets: [only], fault: null }),
      find: (place) => (isAt(only.target, place) ? only.target : null),
      expire: () => {},
      settle: async () => {},
    };
  }
  return discoveringBook(deps, watch);
}

function discoveringBook(
  { source, store, clock, logger, writeDown }: TargetBookDeps,
  watch: Watch,
): TargetBook {
  const ownKey = targetKey({ ...watch, watch: watch.name });
  let known = new Map<string, TrackedTarget>();
  let dueAt = Number.NEGATIVE_INFINITY;
  let lastLookAt: Timestamp | null = null;
  let keptLookAt: Timestamp | null = null;
  let hasWarnedOfNothing = false;

  const refresh = async (signal: AbortSignal, progress: PollProgress | undefined): Promise<Error | null> => {
    const begunAt = clock.now();
    const found = await findTargets(source, watch, known, { signal, progress });
    const lookedAt = begunAt + source.surelyAheadMs();
    const newSince = lastLookAt ?? (await store.lastLookAt(ownKey));
    signal.throwIfAborted();
    const next = new Map<string, TrackedTarget>();
    for (const target of found.targets) {
      const key = targetKey(target);
      const before = known.get(key);
      next.set(
        key,
        before
          ? { ...before, target }
          : {
              target,
              newSince,
              lastWholeAt: null,
              hasRunningJobs: false,
              stallLimits: null,
              pages: new Map(),
            },
      );
      if (!before) await writeDown('instance.found', placeOf(target));
    }
    for (const [key, { target }] of known) {
      if (!next.has(key)) await writeDown('instance.gone', placeOf(target));
    }
    signal.throwIfAborted();
    known = next;
    if (found.fault === null) {
      lastLookAt = lookedAt;
      dueAt = clock.monotonic() + watch.discoverEveryMs;
      warnOfNothing();
    }
    return found.fault;
  };

  /** A discovery that finds nothing looks like peace, and is most likely a mistake. */
  const warnOfNothing = (): void => {
    if (known.size > 0) hasWarnedOfNothing = false;
    else if (!hasWarnedOfNothing) {
      hasWarnedOfNothing = true;
      logger.warn(`Watch ${watch.name} finds no instance to follow`, {
        watch: watch.name,
        hint:
          watch.kind === 'serverless'
            ? SERVERLESS_END
            : `Check groupId and the kind: is there a ${watch.kind} instance in the project?`,
      });
    }
  };

  return {
    current: async (signal, progress) => {
      const fault = clock.monotonic() >= dueAt ? await refresh(signal, progress) : null;
      return { targets: [...known.values()], fault };
    },
    find: (place) => [...known.values()].find(({ target }) => isAt(target, place))?.target ?? null,
    expire: () => {
      dueAt = Number.NEGATIVE_INFINITY;
    },
    settle: async () => {
      if (lastLookAt === null || lastLookAt === keptLookAt) return;
      await store.noteLook(ownKey, lastLookAt);
      keptLookAt = lastLookAt;
    },
  };
}

/** Lists projects, and the instances of each. A project that cannot be listed keeps what was known of it. */
async function findTargets(
  source: JobSource,
  watch: Watch,
  known: ReadonlyMap<string, TrackedTarget>,
  { signal, progress }: { signal: AbortSignal; progress: PollProgress | undefined },
): Promise<{ targets: Target[]; fault: Error | null }> {
  const options: ReadOptions = { signal, isUrgent: false, onWait: progress?.waits };
  let fault: Error | null = null;
  const keep = (thrown: unknown): void => {
    if (signal.aborted || !(thrown instanceof SourceError)) throw toError(thrown);
    fault ??= thrown;
  };
  const knownTargets = [...known.values()].map(({ target }) => target);

  let projects: Array<Pick<ListedProject, 'groupId'> & { project: ListedProject | null }>;
  try {
    projects =
      watch.groupId === '*'
        ? (await source.listProjects(watch, options)).map((project) => ({
            groupId: project.groupId,
            project,
          }))
        : [{ groupId: watch.groupId, project: null }];
  } catch (thrown) {
    keep(thrown);
    return { targets: knownTargets, fault };
  }

  const limit = pLimit(PROJECTS_AT_ONCE);
  const perProject = await Promise.all(
    projects.map(({ groupId, project }) =>
      limit(async () => {
        try {
          const instances = await source.listInstances({ ...watch, groupId }, options);
          progress?.advanced();
          return instances
            .filter(
              ({ name, isDeleted }) =>
                !isDeleted && (watch.instanceName === '*' || name === watch.instanceName),
            )
            .map((instance) => toTarget(watch, groupId, project, instance));
        } catch (thrown) {
          if (hasGone(watch, toError(thrown))) return [];
          keep(thrown);
          return knownTargets.filter((target) => target.groupId === groupId);
        }
      }),
    ),
  );
  return { targets: perProject.flat(), fault };
}

/**
 * True when Atlas says that there is no such instance any more, or no such project, of those that a watch has found by itself: they
 * may go, and the next discovery takes them off the list. What the configuration names has to be there.
 */
export function hasGone(watch: Watch, failure: Error): boolean {
  if (!isWildcard(watch) || !(failure instanceof SourceError) || failure.reason !== 'not_found') return false;
  return failure.subject === 'instance' || (watch.groupId === '*' && failure.subject === 'project');
}

/** True when backups are switched off for an instance that a watch has found by itself: there is nothing to follow, and nothing wrong. */
export function hasNoBackups(watch: Watch, failure: Error): boolean {
  if (!isWildcard(watch) || !(failure instanceof SourceError)) return false;
  return failure.reason === 'bad_request' && failure.subject === 'instance';
}

function isAt(target: Target, place: Pick<Target, 'groupId' | 'instanceName'>): boolean {
  return target.groupId === place.groupId && target.instanceName === place.instanceName;
}

function toTarget(
  watch: Watch,
  groupId: string,
  project: ListedProject | null,
  instance: ListedInstance,
): Target {
  return {
    ...targetOf(watch),
    groupId,
    instanceName: instance.instanceName,
    labels: labelsFor(watch.labels, { project, instance }),
  };
}

function placeOf({ watch, kind, groupId, instanceName }: Target): AuditDraft['data'] {
  return { watch, kind, groupId, instanceName };
}
