import { DRILL_KINDS } from '../../domain/event/drill-kinds.ts';
import { FAULT_WORDS } from '../../domain/evidence/wrong-entry.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import { placeWords } from '../../domain/job/place.ts';
import type { VerifiedLog } from '../../store/ports/evidence/verified.ts';
import type { Fault, WatcherStatus, WatchStatus } from '../../watcher/status.ts';
import { faultWords } from '../fault-words.ts';
import { drillFault } from '../status/drills.ts';
import type { StatusReport } from '../status/report.ts';
import { sightOf, sightWith } from '../status/sight.ts';
import { elsewhereFault, elsewhereTodo, type ToldElsewhere } from '../status/told-elsewhere.ts';
import type { PageFacts } from './facts.ts';

/** How bad something is. `problem`: somebody is blind, or nothing is told; `warning`: it should be known all the same. */
export type Level = 'problem' | 'warning' | 'starting' | 'fine';

/** One thing that is wrong, for people. */
export interface Trouble {
  level: 'problem' | 'warning';
  /** The watch or channel that it is about; `null`: the watcher as a whole. */
  about: string | null;
  words: string;
  /** As Atlas, a receiver or the system says it; `null`: there is no more to say. */
  detail: string | null;
  todo: string | null;
  since: Timestamp | null;
}

/** The answer to "is everything seen?". */
export interface PageState {
  level: Level;
  headline: string;
  /** What is wrong, the worst first. */
  troubles: readonly Trouble[];
  watches: number;
  /** When a watch was last looked at with success; `null`: none was yet. */
  lastLookAt: Timestamp | null;
  /** From one look at a watch to the next, in milliseconds, of those that look oftenest and least often; `null`: there is no watch. */
  periods: { shortestMs: number; longestMs: number } | null;
}

/** Judges whether everything is seen, and names what is not. */
export function stateOf({ status, others, record, storeFault }: PageFacts): PageState {
  const told = record?.report.elsewhere ?? [];
  const troubles = [
    ...storeTroubles(status, storeFault),
    ...others.problems.map((line) => ofAll('problem', line)),
    ...status.watches.flatMap(watchTroubles),
    ...status.channels.flatMap(({ channel, failing, waitsForMs }) => [
      ...(failing === null ? [] : [channelTrouble(channel, failing)]),
      ...(waitsForMs === null
        ? []
        : [ofAll('problem', `the new configuration of channel ${channel} is not in use yet`)]),
    ]),
    ...others.warnings.map((line) => ofAll('warning', line)),
    ...told.map(elsewhereTrouble),
    ...(record?.report.drills ?? []).map(drillTrouble),
    ...logTroubles(record?.log.verified ?? null),
  ].toSorted((a, b) => rank(a) - rank(b));
  const looks = [
    ...status.watches.map(({ lastSuccessAt }) => lastSuccessAt),
    ...(record?.report.watches ?? []).map(({ lastSuccessAt }) =>
      lastSuccessAt === null ? null : Date.parse(lastSuccessAt),
    ),
  ].filter((at) => at !== null);
  return {
    ...verdict(status, troubles, told),
    troubles,
    watches: status.watches.length,
    lastLookAt: looks.length === 0 ? null : Math.max(...looks),
    periods: periodsOf(status.watches),
  };
}

function periodsOf(watches: readonly WatchStatus[]): PageState['periods'] {
  const periods = watches.map(({ periodMs }) => periodMs);
  return periods.length === 0 ? null : { shortestMs: Math.min(...periods), longestMs: Math.max(...periods) };
}

/** Several troubles that have one cause. */
export interface SharedTrouble extends Omit<Trouble, 'about'> {
  about: readonly string[];
}

/** Says each cause once: what has the same words and is to be mended in the same way is one trouble, since the first, with the first detail. */
export function oncePerCause(troubles: readonly Trouble[]): SharedTrouble[] {
  const alike = Map.groupBy(troubles, ({ level, words, todo }) => [level, words, todo].join('\n'));
  return [...alike.values()].flatMap((those) => {
    const [first] = those;
    const since = those.flatMap((one) => one.since ?? []);
    const about = those.flatMap((one) => one.about ?? []);
    return first === undefined
      ? []
      : [{ ...first, about, since: since.length === 0 ? null : Math.min(...since) }];
  });
}

function verdict(
  status: WatcherStatus,
  troubles: readonly Trouble[],
  told: readonly ToldElsewhere[],
): Pick<PageState, 'level' | 'headline'> {
  const sights = status.watches.map((watch) => sightWith(watch, told));
  const total = sights.length;
  const blind = sights.filter((sight) => sight === 'blind').length;
  const starting = sights.filter((sight) => sight === 'starting').length;
  const problems = troubles.filter(({ level }) => level === 'problem');
  if (blind > 0) return { level: 'problem', headline: `${countOf(blind, total)} blind` };
  if (problems.length > 0) {
    const partly = new Set(problems.flatMap(({ about }) => about ?? [])).size;
    const headline = partly > 0 ? `${countOf(partly, total)} partly blind` : 'Something is wrong';
    return { level: 'problem', headline };
  }
  if (starting > 0) {
    return {
      level: 'starting',
      headline: `Taking the first look: ${total - starting} of ${total} watches read`,
    };
  }
  if (troubles.length === 0) return { level: 'fine', headline: 'Everything is seen' };
  const things =
    troubles.length === 1
      ? '1 thing is not as it should be'
      : `${troubles.length} things are not as they should be`;
  return { level: 'warning', headline: `Everything is seen, but ${things}` };
}

function countOf(count: number, total: number): string {
  return total === 1 ? 'The only watch is' : `${count} of ${total} watches ${count === 1 ? 'is' : 'are'}`;
}

function watchTroubles(watch: WatchStatus): Trouble[] {
  const about = watch.watch;
  const held =
    watch.throttled === null || watch.throttled.isMeant
      ? []
      : [{ ...ofFault('warning', about, watch.throttled), words: heldBack(watch) }];
  if (sightOf(watch) !== 'blind') return [...blindPlaces(watch), ...held];
  const own =
    watch.faults.find(({ place }) => place === null) ?? (watch.faults.length === 0 ? watch.fault : null);
  if (own !== null) return [ofFault('problem', about, own)];
  if (watch.faults.length > 0) return blindPlaces(watch);
  const words = watch.hasMissedPolls
    ? 'the process stood still when it should have been polled; it is polled next by itself'
    : `no poll has succeeded for ${formatSpan(watch.sinceSuccessMs)}`;
  return [{ ...{ level: 'problem', about, words, detail: null, todo: null }, since: watch.lastSuccessAt }];
}

function heldBack({ scheduledMs, periodMs }: WatchStatus): string {
  return `polled every ${formatSpan(periodMs)} instead of every ${formatSpan(scheduledMs)}: a rate limit is in the way`;
}

/** Instances and projects of a `*` watch that cannot be read by themselves; those that may yet be read in time are no problem. */
function blindPlaces({ watch, faults, dueWithinMs }: WatchStatus): Trouble[] {
  return faults.flatMap((fault) => {
    const level = fault.blindForMs > dueWithinMs ? 'problem' : 'warning';
    if (fault.place === null) return [ofFault('warning', watch, fault)];
    const trouble = ofFault(level, watch, fault);
    return [{ ...trouble, words: `${placeWords(fault.place)} cannot be read: ${trouble.words}` }];
  });
}

function ofFault(level: Trouble['level'], about: string, { reason, message, hint, since }: Fault): Trouble {
  return { level, about, words: faultWords(reason), detail: message, todo: hint, since };
}

function channelTrouble(channel: string, { since, detail }: { since: Timestamp; detail: string }): Trouble {
  const words = 'messages are not accepted';
  return { ...{ level: 'warning', about: `channel ${channel}`, words, detail }, todo: null, since };
}

function ofAll(level: Trouble['level'], line: string): Trouble {
  const words = line.slice(0, 1).toUpperCase() + line.slice(1);
  return { level, about: null, words, detail: null, todo: null, since: null };
}

/** What is found cannot be written down, or what was cannot be read. */
function storeTroubles({ storeFault }: WatcherStatus, readFault: PageFacts['storeFault']): Trouble[] {
  const fault = storeFault ?? readFault;
  if (fault === null) return [];
  const words = storeFault === null ? 'the store cannot be read' : 'the store cannot be written';
  return [
    { level: 'problem', about: null, words, detail: fault.message, todo: fault.hint, since: fault.since },
  ];
}

/** What another replica fails at. */
function elsewhereTrouble(told: ToldElsewhere): Trouble {
  const isChannel = told.about === 'channel';
  return {
    ...{ level: isChannel ? 'warning' : 'problem', about: isChannel ? `channel ${told.name}` : told.name },
    ...{
      words: elsewhereFault(told),
      detail: null,
      todo: elsewhereTodo(told),
      since: Date.parse(told.since),
    },
  };
}

/** Nobody is blind for it: it is agreed that restores are tried, and they are not, or not as agreed. */
function drillTrouble(drill: StatusReport['drills'][number]): Trouble {
  const [since, todo] = [Date.parse(drill.since), DRILL_KINDS[`drill_${drill.state}`].advice];
  return { ...{ level: 'warning', about: drill.watch, words: drillFault(drill), detail: null }, todo, since };
}

/** Somebody has verified the audit log, and it is not sound. */
function logTroubles(verified: VerifiedLog | null): Trouble[] {
  if (verified === null || verified.problems === 0) return [];
  const { at, first, by } = verified;
  const where = first === null ? '' : `, from entry ${first.entry} on (${FAULT_WORDS[first.how]})`;
  return [
    {
      ...{ level: 'warning', about: null, since: at },
      words: `the audit log was found to be wrong${where}`,
      detail: `verified by ${by}`,
      todo: 'restore-watcher audit verify says all that is wrong, and takes this away once it finds nothing.',
    },
  ];
}

function rank({ level, about }: Trouble): number {
  return (level === 'problem' ? 0 : 2) + (about === null ? 0 : 1);
}
