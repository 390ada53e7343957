import type { Timestamp } from '../../../domain/instant.ts';
import type { Fate } from '../../../domain/job/cession.ts';
import { labelsFor, type Target, targetKey, targetOf, type Watch } from '../../../domain/job/watch.ts';
import type { ListedInstance } from '../../../source/source.ts';
import { writersIn } from '../../share/watch-share.ts';
import { type FateOf, newSinceOf, openTargets, portionsOf, whereIs } from './looks.ts';
import { departureOf, type ProjectPage } from './project-page.ts';
import type { TargetBookDeps } from './target-book.ts';
import { type TrackedTarget, track } from './tracked.ts';

/** The targets that a `*` watch follows: those that are listed, and those that have left with open jobs. */
export class FollowedTargets {
  readonly #deps: TargetBookDeps;
  readonly #watch: Watch;
  readonly #targets = new Map<string, TrackedTarget>();

  constructor(deps: TargetBookDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
  }

  get size(): number {
    return this.#targets.size;
  }

  all(): TrackedTarget[] {
    return [...this.#targets.values()];
  }

  find(place: Pick<Target, 'groupId' | 'instanceName'>): TrackedTarget | null {
    return this.#targets.get(targetKey({ ...this.#watch, watch: this.#watch.name, ...place })) ?? null;
  }

  /** A target that was leaving has no open job any more. */
  drop(tracked: TrackedTarget): void {
    const key = targetKey(tracked.target);
    if (this.#targets.get(key) === tracked) this.#targets.delete(key);
  }

  /** Follows nothing of this project any more: it is another replica's. @returns what was followed there. */
  letGo(groupId: string): TrackedTarget[] {
    const there = this.all().filter(({ target }) => target.groupId === groupId);
    for (const tracked of there) this.drop(tracked);
    return there;
  }

  /** Follows these instances of a project, all of which are listed. */
  async enter(
    { groupId, project, lookedAt = null }: ProjectPage,
    instances: readonly ListedInstance[],
    signal: AbortSignal,
  ): Promise<void> {
    const { store, clock, writeDown, writersFor } = this.#deps;
    const targets = instances.map((instance): Target => {
      const labels = labelsFor(this.#watch.labels, { project, instance });
      return { ...targetOf(this.#watch), groupId, instanceName: instance.instanceName, labels };
    });
    const unknown = targets.map(targetKey).filter((key) => !this.#targets.has(key));
    const note = (keys: readonly string[], at: Timestamp) =>
      writersIn(writersFor, groupId).store.noteLooks(keys, at);
    const newSince = unknown.length === 0 ? null : await newSinceOf(store, note, unknown, lookedAt);
    signal.throwIfAborted();
    const how = { nowMono: clock.monotonic(), projectName: project?.name ?? null };
    const found = targets.filter((target) => {
      const key = targetKey(target);
      const known = this.#targets.get(key);
      if (!known) this.#targets.set(key, track(target, { ...how, newSince: newSince?.get(key) ?? null }));
      else known.target = target;
      const isNews = known?.following !== 'whole';
      if (known) known.following = 'whole';
      return isNews;
    });
    await writeDown('instance.found', ...found.map(whereIs));
  }

  /**
   * Lets go of what is not followed any more. What has gone from Atlas with open jobs is followed until they have ended, also when an earlier
   * process left them; what another watch has now, or nobody wants, is let go of at once.
   */
  async part(
    fateOf: FateOf,
    {
      hasProjectGone,
      projectOf,
    }: { hasProjectGone: boolean; projectOf: (groupId: string) => ProjectPage['project'] },
    signal: AbortSignal,
  ): Promise<void> {
    const { store, clock, source, writeDown } = this.#deps;
    const watch = this.#watch;
    const open = await openTargets(store, watch, clock.now() + source.surelyAheadMs(), fateOf);
    signal.throwIfAborted();
    const left: Array<{ target: Target; fate: Fate }> = [];
    for (const [key, tracked] of [...this.#targets]) {
      const { target, following } = tracked;
      const fate = fateOf(target);
      if (fate === null) continue;
      tracked.hasProjectGone = hasProjectGone;
      if ((following === 'whole' || fate !== 'gone') && !open.has(key)) this.#targets.delete(key);
      if (following === 'leaving') continue;
      tracked.following = 'leaving';
      left.push({ target, fate });
    }
    for await (const portion of portionsOf(left)) {
      await writeDown('instance.gone', ...portion.map(departureOf));
    }
    for (const [key, place] of open) {
      if (this.#targets.has(key)) continue;
      const project = projectOf(place.groupId);
      const target = { ...place, labels: labelsFor(watch.labels, { project, instance: null }) };
      const projectName = project?.name ?? null;
      const how = { projectName, following: 'leaving' as const, hasProjectGone };
      this.#targets.set(key, track(target, { nowMono: clock.monotonic(), ...how }));
    }
  }
}
