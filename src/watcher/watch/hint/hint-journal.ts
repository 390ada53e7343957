import type { AuditDraft } from '../../../domain/audit.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import type { PollMode } from '../../../domain/polling/hint.ts';
import type { Logger } from '../../../logging/logger.ts';

/** Of many projects so many are named in a line of the log. */
const NAMED = 5;

/** What tells how the hint of a watch goes. */
export interface HintJournalDeps {
  logger: Logger;
  /** Writes entries of this kind to the audit log, one for each of `data`. */
  writeDown: (kind: AuditDraft['kind'], ...data: ReadonlyArray<AuditDraft['data']>) => Promise<void>;
}

/** How a project of the watch is polled. `detail`: why, where a feed is not relied on. */
export interface ProjectMode {
  groupId: string;
  mode: PollMode;
  detail: string | null;
}

const WHY: Record<Exclude<PollMode, 'hint' | 'few' | 'seldom' | 'proving'>, string> = {
  missed: 'the activity feed did not tell of a job in time',
  refused: 'the activity feed cannot be read',
  unreadable: 'the activity feed cannot be understood',
  silent: 'the activity feed tells nothing at present',
};

/** Tells the log, once for each change, which projects are polled by their feed and which are not; and the audit log what no trust tells: silence. */
export class HintJournal {
  readonly #deps: HintJournalDeps;
  readonly #watch: Watch;
  readonly #known = new Map<string, PollMode>();
  /** Projects of which it was told that their feed does not answer. */
  readonly #silent = new Set<string>();

  constructor(deps: HintJournalDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
  }

  /** Notes how each project is polled now. */
  async note(projects: readonly ProjectMode[]): Promise<void> {
    const changed = projects.filter(({ groupId, mode }) => this.#known.get(groupId) !== mode);
    const before = new Map(this.#known);
    this.#known.clear();
    for (const { groupId, mode } of projects) this.#known.set(groupId, mode);
    const lost = changed.filter(({ groupId, mode }) => {
      const former = before.get(groupId);
      // Before the first answer of a process nothing was lost.
      return isFault(mode) && !(mode === 'silent' && former === undefined);
    });
    const won = changed.filter(({ mode }) => mode === 'hint');
    for (const [mode, there] of Map.groupBy(lost, (project) => project.mode)) this.#tellLost(mode, there);
    this.#tellWon(won);
    const fellSilent = lost.filter(({ mode }) => mode === 'silent');
    const isHeard = projects.filter(({ groupId, mode }) => mode !== 'silent' && this.#silent.delete(groupId));
    for (const { groupId } of fellSilent) this.#silent.add(groupId);
    await this.#writeDown('feed.silent', fellSilent);
    await this.#writeDown(
      'feed.heard',
      isHeard.filter(({ mode }) => mode === 'hint' || mode === 'proving'),
    );
  }

  #tellLost(mode: PollMode, there: readonly ProjectMode[]): void {
    if (!isFault(mode)) return;
    const { name } = this.#watch;
    this.#deps.logger.warn(
      `Watch ${name} polls every instance of ${wordsOf(there)} at every tick: ${WHY[mode]}`,
      { watch: name, reason: mode, projects: there.length, detail: there[0]?.detail ?? null },
    );
  }

  #tellWon(there: readonly ProjectMode[]): void {
    if (there.length === 0) return;
    const { name } = this.#watch;
    this.#deps.logger.info(
      `Watch ${name} polls ${wordsOf(there)} when the activity feed tells of a restore`,
      {
        watch: name,
        projects: there.length,
      },
    );
  }

  async #writeDown(kind: AuditDraft['kind'], there: readonly ProjectMode[]): Promise<void> {
    if (there.length === 0) return;
    const { name, connection } = this.#watch;
    await this.#deps.writeDown(
      kind,
      ...there.map(({ groupId }) => ({ watch: name, connection, kind: this.#watch.kind, groupId })),
    );
  }
}

function isFault(mode: PollMode): mode is keyof typeof WHY {
  return Object.hasOwn(WHY, mode);
}

/** `project 5f0e…` or `12 projects (5f0e…, …)`. */
function wordsOf(there: readonly ProjectMode[]): string {
  const ids = there.slice(0, NAMED).map(({ groupId }) => groupId);
  if (there.length === 1) return `project ${ids[0]}`;
  return `${there.length} projects (${ids.join(', ')}${there.length > NAMED ? ', …' : ''})`;
}
