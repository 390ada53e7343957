/**
 * Kills the real daemon again and again (`kill -9`), at random moments and at named points, while jobs change, receivers fail, and
 * others mute, redrive and change the configuration, and counts what the receivers got. Prints a Markdown table, and ends with exit code 1 when anything was lost, repeated without need, or
 * put out of order. As it stands it takes some ten minutes.
 *
 * `--replicas 3 --store postgres`: the same over several replicas and a PostgreSQL, which stand still, lose each other and are restarted as well.
 */
import { parseArgs } from 'node:util';
import { CHANNELS } from '../test/crash/receivers.ts';
import { runStorm } from '../test/crash/storm.ts';
import { type StormReport, violationsOf } from '../test/crash/storm-count.ts';
import { stormOverReplicas } from './storm/replicas.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    'at-points': { type: 'string', default: '20' },
    jobs: { type: 'string', default: '500' },
    /** Percent of the messages. */
    failing: { type: 'string', default: '15' },
    /** With `postgres`. */
    replicas: { type: 'string', default: '3' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const jobs = wholeNumber('jobs', values.jobs);
const share = wholeNumber('failing', values.failing) / 100;
const violations =
  values.store === 'postgres'
    ? await stormOverReplicas(wholeNumber('replicas', values.replicas), jobs, share)
    : await stormOverOne();
for (const violation of violations) console.error(`violation: ${violation}`);
process.exitCode = violations.length > 0 ? 1 : 0;

async function stormOverOne(): Promise<string[]> {
  const report = await runStorm({
    atRandom: wholeNumber('kills', values.kills),
    atEachPoint: wholeNumber('at-points', values['at-points']),
    jobs,
    otherHands: true,
    troubles: { share, mostPerEvent: 2 },
    log: (text) => console.error(text),
  });
  console.log(markdownTable(report));
  return violationsOf(report);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  console.error(`--${name}: expected a whole number, found ${JSON.stringify(text)}`);
  process.exit(2);
}

function markdownTable(report: StormReport): string {
  const { channels, kills, atEachPoint, points, jobs, expected, seconds, auditProblems, muted } = report;
  const deeds = Object.entries(report.deeds).map(([deed, times]) => `${times} × ${deed}`);
  const titles = [
    'channel',
    'events',
    'lost',
    'refused',
    'messages',
    'repeated',
    'most per kill',
    'without need',
    'under another id',
    'out of order',
  ];
  const rows = CHANNELS.map((channel) => {
    const { events, lost, refused, messages, repeats, mostPerKill, unexplained, foreign, outOfOrder } =
      channels[channel];
    const told = `${events} of ${expected}`;
    return [channel, told, lost, refused, messages, repeats, mostPerKill, unexplained, foreign, outOfOrder];
  });
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`;
  const atPoints = atEachPoint * points;
  return [
    `${kills} kills (${kills - atPoints} at random, ${atEachPoint} at each of ${points} named points) while ${jobs} jobs changed, in ${seconds} s; audit problems: ${auditProblems.length}.`,
    `Beside it: ${deeds.join(', ')}; ${muted} of the events fell under a mute, and were told to nobody.`,
    '',
    line(titles),
    line(titles.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}
