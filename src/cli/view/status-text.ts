import { formatSpan, parseInstant, type Timestamp } from '../../domain/instant.ts';
import { periodWords } from '../../domain/polling/reachable.ts';
import { endOf, type Mute, nextStart } from '../../domain/telling/mute.ts';
import { toMute } from '../../remote/decode.ts';
import { hintWords } from '../../views/status/hint-words.ts';
import type { ChannelReport, StatusReport, WatchReport } from '../../views/status/report.ts';
import { coverageText, recurrenceText } from './mute-text.ts';
import type { Colour, Output } from './output.ts';
import { type Column, formatTable } from './table.ts';
import { count, fold, formatDistance, formatInstant, printable } from './text.ts';

type Screen = Pick<Output, 'paint' | 'width' | 'foldWidth'>;

/** The whole report in lines for people, what is wrong first. */
export function statusLines(report: StatusReport, screen: Screen, now: Timestamp): string[] {
  return [
    ...headline(report, screen, now),
    ...listed('red', report.from === 'store' ? report.problems.slice(1) : report.problems, screen),
    ...listed('yellow', report.warnings, screen),
    '',
    ...watchLines(report, screen, now),
    '',
    ...channelLines(report, screen, now),
    '',
    ...muteLines(report, screen, now),
    ...nextLines(report, now),
    ...replicaLines(report, screen, now),
    ...configLines(report, screen, now),
  ].map((line) => line.trimEnd());
}

function headline(report: StatusReport, { paint, foldWidth }: Screen, now: Timestamp): string[] {
  const { daemon, problems, warnings, ok, from } = report;
  if (from === 'store') {
    const [first = ''] = problems;
    return fold(printable(first), foldWidth).map((line) => paint('red', line));
  }
  const since =
    daemon.startedAt === null ? '' : `, since ${at(daemon.startedAt)} (${ago(daemon.startedAt, now)})`;
  const what = `restore-watcher ${daemon.version ?? ''} is ${daemon.state}${since}, process ${daemon.pid ?? '?'}`;
  const wrong = problems.length + warnings.length;
  return [
    ...fold(printable(what), foldWidth),
    ok ? paint('green', 'All is well.') : paint('red', `${count(wrong, 'thing is', 'things are')} wrong:`),
  ];
}

function listed(colour: Colour, lines: readonly string[], { paint, foldWidth }: Screen): string[] {
  return lines.flatMap((line) =>
    fold(printable(line), foldWidth - 4).map(
      (part, index) => `${index === 0 ? `  ${paint(colour, '!')} ` : '    '}${part}`,
    ),
  );
}

const SIGHT: Readonly<Record<WatchReport['sight'], [words: string, colour: Colour]>> = {
  sees: ['yes', 'green'],
  partly_blind: ['in part', 'yellow'],
  blind: ['no', 'red'],
  starting: ['not yet', 'yellow'],
  elsewhere: ['elsewhere', 'green'],
  unwatched: ['nobody looks', 'red'],
};

function watchLines({ watches, from }: StatusReport, screen: Screen, now: Timestamp): string[] {
  if (watches.length === 0) return ['No watch is known.'];
  const lastSuccess: Column<WatchReport> = {
    title: 'LAST SUCCESS',
    // A daemon tells its own: an earlier process may have had one.
    value: ({ lastSuccessAt }) =>
      distance(lastSuccessAt, now) || (from === 'daemon' ? 'not since start' : 'never'),
  };
  const polls: Array<Column<WatchReport>> = [
    { title: 'EVERY', value: everyWords, short: ({ periodMs }) => periodWordsOf(periodMs) },
    lastSuccess,
    { title: 'NEXT', value: ({ nextPollAt }) => distance(nextPollAt, now) },
  ];
  const columns: Array<Column<WatchReport>> = [
    { title: 'WATCH', value: ({ watch }) => watch, shrinks: true },
    {
      title: 'SEES',
      value: ({ sight }) => SIGHT[sight][0],
      paint: (cell, { sight }) => screen.paint(SIGHT[sight][1], cell),
    },
    ...(from === 'daemon' ? polls : [lastSuccess]),
    { title: 'RUNNING', value: ({ running }) => String(running ?? '?') },
    { title: 'ON RECORD', value: recordWords, folds: true },
  ];
  return [
    ...formatTable(watches, columns, screen.width),
    ...throttleLines(watches, screen),
    ...hintLines(watches, screen),
    ...shareLines(watches, screen),
  ];
}

/** How often it is polled, and how often it should be where a rate limit keeps it from that. */
function everyWords({ periodMs, scheduledMs, throttled }: WatchReport): string {
  const words = periodWordsOf(periodMs);
  const should = periodWordsOf(scheduledMs);
  return throttled === null || words === should ? words : `${words}, not ${should}`;
}

function sentences(message: string, hint: string | null): string {
  return `${message.replace(/\.?$/, '.')}${hint === null ? '' : ` ${hint}`}`;
}

function periodWordsOf(ms: number | null): string {
  return ms === null ? '' : periodWords(ms);
}

/** Where the default schedule stretches, nothing is wrong; what is stands above. */
function throttleLines(watches: readonly WatchReport[], { foldWidth }: Screen): string[] {
  return watches.flatMap(({ watch, throttled }) =>
    throttled?.isMeant === true
      ? hanging(`${watch}: ${sentences(throttled.message, throttled.hint)}`, foldWidth)
      : [],
  );
}

function hintLines(watches: readonly WatchReport[], { foldWidth }: Screen): string[] {
  return watches.flatMap(({ watch, hint }) =>
    hint === null
      ? []
      : hintWords(hint).flatMap((line) => hanging(`${watch}: ${printable(line)}`, foldWidth)),
  );
}

/** Of a watch that several replicas share, what is said is about the part of one. */
function shareLines(watches: readonly WatchReport[], { foldWidth }: Screen): string[] {
  return watches.flatMap(({ watch, share }) => {
    if (share === null) return [];
    const { projects, ofProjects, others } = share;
    const words = `${projects} of ${count(ofProjects, 'project', 'projects')} here, the others at ${others.join(', ')}`;
    return hanging(printable(`${watch}: ${words}`), foldWidth);
  });
}

function recordWords({ jobs, running }: WatchReport): string {
  if (running === null) return '?';
  const words = Object.entries(jobs)
    .filter(([state]) => state !== 'in_progress')
    .map(([state, number]) => `${number} ${state}`);
  return words.length === 0 ? 'none ended' : words.join(', ');
}

const STATE: Readonly<Record<ChannelReport['state'], [words: string, colour: Colour]>> = {
  accepts: ['yes', 'green'],
  failing: ['no', 'red'],
  waiting: ['not yet', 'yellow'],
  elsewhere: ['elsewhere', 'green'],
};

function channelLines({ channels }: StatusReport, screen: Screen, now: Timestamp): string[] {
  if (channels.length === 0) return ['No channel is known: nobody is told.'];
  const columns: Array<Column<ChannelReport>> = [
    { title: 'CHANNEL', value: ({ channel }) => channel, shrinks: true },
    {
      title: 'ACCEPTS',
      value: ({ state }) => STATE[state][0],
      paint: (cell, { state }) => screen.paint(STATE[state][1], cell),
    },
    {
      title: 'LAST',
      value: ({ lastAcceptedAt, owed }) => distance(lastAcceptedAt, now) || (owed === null ? '?' : 'never'),
    },
    { title: 'OWED', value: (channel) => owedWords(channel, now), folds: true },
    {
      title: 'GIVEN UP',
      value: ({ givenUp }) => String(givenUp ?? '?'),
      paint: (cell, { givenUp }) => ((givenUp ?? 0) > 0 ? screen.paint('red', cell) : cell),
    },
  ];
  return formatTable(channels, columns, screen.width);
}

function owedWords({ owed, nextTryAt, held, nextDigestAt }: ChannelReport, now: Timestamp): string {
  const due = nextTryAt === null ? '' : `, next try ${distance(nextTryAt, now)}`;
  if (owed === null || held === null) return '?';
  const words = [
    ...(owed > 0 ? [`${owed}${due}`] : []),
    ...(held > 0 ? [`${held} for the digest`] : []),
    ...(nextDigestAt === null ? [] : [`digest ${distance(nextDigestAt, now)}`]),
  ];
  return words.length === 0 ? 'nothing' : words.join('; ');
}

function muteLines({ mutes, store }: StatusReport, { foldWidth }: Screen, now: Timestamp): string[] {
  if (mutes.length === 0) return [store.isRead === false ? 'Muted: not known.' : 'Muted: nothing.'];
  const lines = mutes.map((view) => {
    const mute = toMute(view);
    const which = mute.events === null ? '' : `: ${mute.events.join(', ')}`;
    return `Mute ${mute.id}: ${coverageText(mute)}${which} ${muteTime(mute, now)} by ${mute.author}: ${mute.reason}`;
  });
  return lines.flatMap((line) => hanging(line, foldWidth));
}

function muteTime(mute: Mute, now: Timestamp): string {
  const away = (instant: Timestamp | null): string =>
    instant === null ? 'not within a year' : `${formatInstant(instant)} (${formatDistance(instant, now)})`;
  if (mute.recurs === null) return `until ${away(mute.until)}`;
  const end = endOf(mute, now);
  const when = end === null ? `next ${away(nextStart(mute, now))}` : `now, until ${away(end)}`;
  return `${recurrenceText(mute.recurs)}, ${when},`;
}

function nextLines({ testAlert }: StatusReport, now: Timestamp): string[] {
  if (testAlert === null) return [];
  const { event, watch, nextAt } = testAlert;
  return [printable(`Test alert: ${event} of ${watch} at ${at(nextAt)} (${distance(nextAt, now)})`)];
}

/** Who does what. Nothing where one has the store alone. */
function replicaLines({ replicas }: StatusReport, { foldWidth }: Screen, now: Timestamp): string[] {
  return replicas.flatMap(({ name, isThisOne, isLeaving, version, joinedAt, units }) => {
    const kinds = Map.groupBy(units, (unit) => unit.split(':', 1)[0] ?? '');
    const projects = kinds.get('project')?.length ?? 0;
    const channels = (kinds.get('channel') ?? []).map((unit) => unit.slice('channel:'.length));
    const work = [
      ...(projects > 0 ? [count(projects, 'project', 'projects')] : []),
      ...(channels.length > 0
        ? [`the ${channels.length === 1 ? 'channel' : 'channels'} ${channels.join(', ')}`]
        : []),
      ...(kinds.has('keeper') ? ['reminders, fallbacks and test alerts'] : []),
    ];
    const which = `${isThisOne ? ', which says all this' : ''}${isLeaving ? ', which is ending' : ''}`;
    const does = work.length === 0 ? 'nothing yet' : work.join('; ');
    return hanging(`Replica ${name} (${version}, since ${ago(joinedAt, now)}${which}): ${does}`, foldWidth);
  });
}

function configLines({ config, store, from }: StatusReport, screen: Screen, now: Timestamp): string[] {
  const { file, sha256, loadedAt, lastReload } = config;
  const hash = sha256 === null ? '' : `, sha256 ${sha256.slice(0, 12)}`;
  const inForce = loadedAt === null ? '' : `, in force since ${at(loadedAt)} (${ago(loadedAt, now)})`;
  const reload =
    lastReload === null
      ? []
      : [
          `Last reload: ${lastReload.outcome} ${distance(lastReload.at, now)}, asked for by ${lastReload.reason}${lastReload.issues.length === 0 ? '' : `: ${lastReload.issues.join('; ')}`}`,
        ];
  const written = store.lastWrittenAt === null ? '' : `, written last ${distance(store.lastWrittenAt, now)}`;
  const oldest = store.oldestEventAt ? `, oldest event ${distance(store.oldestEventAt, now)}` : '';
  return [
    `${from === 'store' ? 'Configuration on disk' : 'Configuration'}: ${file}${hash}${inForce}`,
    ...reload,
    `Store: ${store.where}${written}${oldest}`,
  ].flatMap((line) => hanging(line, screen.foldWidth));
}

/** Folded, with what follows set in. */
function hanging(line: string, width: number): string[] {
  return fold(printable(line), width - 2).map((part, index) => (index === 0 ? part : `  ${part}`));
}

function at(iso: string): string {
  const instant = parseInstant(iso);
  return instant === null ? '?' : formatInstant(instant);
}

function distance(iso: string | null, now: Timestamp): string {
  const instant = iso === null ? null : parseInstant(iso);
  return instant === null ? '' : formatDistance(instant, now);
}

function ago(iso: string, now: Timestamp): string {
  const instant = parseInstant(iso);
  return instant === null ? '' : formatSpan(Math.max(0, now - instant));
}
