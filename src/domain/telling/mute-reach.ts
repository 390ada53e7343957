import type { Instance } from '../event/subject.ts';
import { matchesGlob } from './glob.ts';
import type { MuteScope } from './mute.ts';

/** As much of a configured watch as a mute can ask for; `null`: it is not known. */
export interface MutableWatch extends Partial<Pick<Instance, 'groupId' | 'instanceName'>> {
  name: string;
  /** Values with a placeholder are filled by Atlas. */
  labels?: Readonly<Record<string, string>>;
}

/** A part of a mute that fits nothing configured, so that the mute would keep nothing from anybody. */
export interface Unreached {
  /** In words: `watch`, `project`, `instance` or `label team`. */
  what: string;
  wanted: string;
  /** What is configured in its place. */
  known: string[];
}

/**
 * Names each part of a mute that no configured watch can fit, among the watches that fit the parts before. A watch that finds its
 * projects, instances or labels in Atlas may fit any. What jobs restore to is not configured.
 */
export function unreachedBy(scope: MuteScope, watches: readonly MutableWatch[]): Unreached[] {
  const parts: Array<[string, string | null, (watch: MutableWatch) => string | undefined]> = [
    ['watch', scope.watch, ({ name }) => name],
    ['project', scope.project, ({ groupId }) => openOr(groupId)],
    ['instance', scope.instance, ({ instanceName }) => openOr(instanceName)],
    ...Object.entries(scope.labels ?? {}).map(
      ([label, glob]): [string, string, (watch: MutableWatch) => string | undefined] => [
        `label ${label}`,
        glob,
        ({ labels }) => (labels === undefined ? undefined : openOr(labels[label] ?? '', '{')),
      ],
    ),
  ];
  let left = watches;
  const unreached: Unreached[] = [];
  for (const [what, wanted, heldBy] of parts) {
    if (wanted === null || left.length === 0) continue;
    const fitting = left.filter((watch) => {
      const held = heldBy(watch);
      return held === undefined || matchesGlob(wanted, held);
    });
    if (fitting.length === 0) {
      const known = left.map((watch) => heldBy(watch) ?? '').filter((text) => text !== '');
      unreached.push({ what, wanted, known: [...new Set(known)] });
    } else left = fitting;
  }
  return unreached;
}

/** `undefined` for what only Atlas tells. */
function openOr(text: string | undefined, mark = '*'): string | undefined {
  return text?.includes(mark) ? undefined : text;
}
