import { kindOf } from '../event/event.ts';
import type { Instance } from '../event/subject.ts';
import { matchesGlob } from './glob.ts';
import type { MuteScope } from './mute.ts';

/** As much of a configured watch as a mute can ask for; `null`: it is not known. */
export interface MutableWatch extends Partial<Pick<Instance, 'groupId' | 'instanceName'>> {
  name: string;
  /** Values with a placeholder are filled by Atlas. */
  labels?: Readonly<Record<string, string>>;
}

/** Where a restore on record came from and went to. */
export interface SeenRestore {
  watch: string;
  groupId: string;
  instanceName: string;
  /** `null`: it was a download. */
  target: string | null;
}

/** What a mute may meet: what is configured, and what was seen. */
export interface MuteWorld {
  watches: readonly MutableWatch[];
  /** False: there may be other watches than those. */
  isWhole: boolean;
  seen: readonly SeenRestore[];
}

/** A part of a mute that fits nothing known, so that the mute may keep nothing from anybody. */
export interface Unreached {
  /** In words: `watch`, `project`, `instance`, `target` or `label team`. */
  what: string;
  wanted: string;
  /** `watches`: no configured watch has it. `restores`: a watch might, and no restore on record has it. */
  among: 'watches' | 'restores';
  /** What there is in its place. */
  known: string[];
}

interface Part {
  what: string;
  wanted: string | null;
  /** `undefined`: only Atlas tells. */
  heldBy: (watch: MutableWatch) => string | undefined;
  /** `null` where the record does not tell. */
  seenIn: ((restore: SeenRestore) => string | null) | null;
}

/**
 * Names each part of a mute that fits nothing known, among the watches that fit the parts before. What a watch finds in Atlas itself,
 * and what is restored to, stands in no configuration: there the restores on record tell, where there are any.
 */
export function unreachedBy(scope: MuteScope, { watches, isWhole, seen }: MuteWorld): Unreached[] {
  let left = watches;
  let met = seen;
  const unreached: Unreached[] = [];
  for (const { what, wanted, heldBy, seenIn } of partsOf(scope)) {
    if (wanted === null || wanted === '*') continue;
    const known = [...new Set(left.map((watch) => heldBy(watch) ?? ''))].filter((text) => text !== '');
    const fitting = left.filter((watch) => {
      const held = heldBy(watch);
      return held === undefined || matchesGlob(wanted, held);
    });
    if (fitting.length === 0 && isWhole && left.length > 0) {
      unreached.push({ what, wanted, among: 'watches', known });
      continue;
    }
    const isNamed = fitting.some((watch) => heldBy(watch) !== undefined);
    if (fitting.length > 0) left = fitting;
    if (seenIn === null) continue;
    const having = met.filter((restore) => matchesGlob(wanted, seenIn(restore)));
    if (having.length === 0 && met.length > 0 && !isNamed) {
      const there = met.map(seenIn).filter((text) => text !== null);
      unreached.push({ what, wanted, among: 'restores', known: [...new Set([...known, ...there])] });
    }
    if (having.length > 0) met = having;
  }
  return unreached;
}

function partsOf({ watch, project, instance, target, labels }: MuteScope): Part[] {
  return [
    { what: 'watch', wanted: watch, heldBy: ({ name }) => name, seenIn: (restore) => restore.watch },
    {
      ...{ what: 'project', wanted: project, heldBy: ({ groupId }) => openOr(groupId) },
      seenIn: ({ groupId }) => groupId,
    },
    {
      ...{ what: 'instance', wanted: instance, heldBy: ({ instanceName }) => openOr(instanceName) },
      seenIn: ({ instanceName }) => instanceName,
    },
    { what: 'target', wanted: target, heldBy: () => undefined, seenIn: (restore) => restore.target },
    ...Object.entries(labels ?? {}).map(
      ([label, wanted]): Part => ({
        ...{ what: `label ${label}`, wanted, seenIn: null },
        heldBy: ({ labels: own }) => (own === undefined ? undefined : openOr(own[label] ?? '', '{')),
      }),
    ),
  ];
}

/** True when no event can fit the mute: all those that it names are about no job, and it asks for one. */
export function isNeverMet({ job, target, events }: MuteScope): boolean {
  const asksForJob = job !== null || target !== null;
  return asksForJob && (events?.every((name) => kindOf(name).about !== 'job') ?? false);
}

/** `undefined` for what only Atlas tells. */
function openOr(text: string | undefined, mark = '*'): string | undefined {
  return text?.includes(mark) ? undefined : text;
}
