/**
 * Kills the real daemon again and again (`kill -9`, at random moments) while jobs change, and counts what the receivers got. Prints a
 * Markdown table, and ends with exit code 1 when anything was lost, repeated without need, or put out of order.
 */
import { parseArgs } from 'node:util';
import { CHANNELS } from '../test/crash/receivers.ts';
import { runStorm } from '../test/crash/storm.ts';
import { type StormReport, violationsOf } from '../test/crash/storm-count.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '30' }, jobs: { type: 'string', default: '60' } },
});
const report = await runStorm({
  kills: wholeNumber('kills', values.kills),
  jobs: wholeNumber('jobs', values.jobs),
  log: (text) => console.error(text),
});
console.log(markdownTable(report));
const violations = violationsOf(report);
for (const violation of violations) console.error(`violation: ${violation}`);
process.exitCode = violations.length > 0 ? 1 : 0;

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  console.error(`--${name}: expected a whole number above 0, found ${JSON.stringify(text)}`);
  process.exit(2);
}

function markdownTable({ channels, kills, jobs, expected, seconds, auditProblems }: StormReport): string {
  const titles = [
    'channel',
    'events',
    'lost',
    'messages',
    'repeated',
    'unexplained',
    'strangers',
    'out of order',
  ];
  const rows = CHANNELS.map((channel) => {
    const { events, lost, messages, repeats, unexplained, strangers, outOfOrder } = channels[channel];
    return [channel, `${events} of ${expected}`, lost, messages, repeats, unexplained, strangers, outOfOrder];
  });
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`;
  return [
    `${kills} kills while ${jobs} jobs changed, in ${seconds} s; audit problems: ${auditProblems.length}.`,
    '',
    line(titles),
    line(titles.map(() => '---')),
    ...rows.map(line),
  ].join('\n');
}
