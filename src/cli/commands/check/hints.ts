import type { WatcherConfig } from '../../../config/config.ts';
import { idlePeriodOf } from '../../../config/cron.ts';
import type { Diagnosis } from '../../../diagnosis/diagnosis.ts';
import { formatBound } from '../../../domain/instant.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import { FEWEST_TARGETS, mayBeHinted } from '../../../domain/polling/hint.ts';

/** How soon a watch sees a new restore at the latest, in milliseconds. */
export interface WorstCase {
  watch: string;
  /** Where the activity feed of the project tells of it. */
  byHintMs: number;
  /** Where it does not, and has not shown yet that it cannot be relied on. */
  withoutMs: number;
}

/** The worst case of each watch that activity feeds may help. */
export function worstCases({ watches }: WatcherConfig): WorstCase[] {
  return watches.filter(isHelped).map((watch) => {
    const everyMs = idlePeriodOf(watch);
    return { watch: watch.name, byHintMs: everyMs, withoutMs: watch.sweepEveryMs + everyMs };
  });
}

/** The worst case of each watch that activity feeds may help, and whether these can be read, a line each. */
export function hintWords(config: WatcherConfig, diagnoses: readonly Diagnosis[] | null): string[] {
  const worst = worstCases(config).map(
    ({ watch, byHintMs, withoutMs }) =>
      `${watch}: in projects of ${FEWEST_TARGETS} instances or more a new restore is seen within ${formatBound(byHintMs)} by hint (the activity feed of the project tells of it), within ${formatBound(withoutMs)} without. A feed that misses one is relied on no more. "hint": "off" polls every instance every ${formatBound(byHintMs)}.`,
  );
  return [...worst, ...(diagnoses ?? []).flatMap(feedWords)];
}

function feedWords({ watch, feeds }: Diagnosis): string[] {
  const faulty = feeds.filter(({ fault }) => fault !== null);
  const readable = feeds.length - faulty.length;
  return [
    ...(readable === 0
      ? []
      : [
          `${watch}: the activity feed of ${readable === 1 ? '1 project' : `${readable} projects`} can be read`,
        ]),
    ...faulty.map(
      ({ groupId, fault, hint }) =>
        `${watch}: the activity feed of project ${groupId} cannot be read, so every instance there is polled at every tick: ${fault}${hint === null ? '' : `. ${hint}`}`,
    ),
  ];
}

/** Whether it can be found out who began a restore, a line for each watch and each project of which it cannot. */
export function actorWords(diagnoses: readonly Diagnosis[]): string[] {
  return diagnoses.flatMap(({ watch, actors }) => {
    const faulty = actors.filter(({ fault }) => fault !== null);
    const readable = actors.length - faulty.length;
    const projects = readable === 1 ? '1 project' : `${readable} projects`;
    return [
      ...(readable === 0 ? [] : [`${watch}: the activity feed of ${projects} can be asked`]),
      ...faulty.map(
        ({ groupId, fault, hint }) =>
          `${watch}: the activity feed of project ${groupId} cannot be read, so who began a restore there stays unknown: ${fault}${hint === null ? '' : `. ${hint}`}`,
      ),
    ];
  });
}

function isHelped(watch: Watch): boolean {
  return mayBeHinted(watch) && idlePeriodOf(watch) < watch.sweepEveryMs;
}
