import { CHANNELS } from '../../test/crash/receivers.ts';
import { runStorm, type StormOptions } from '../../test/crash/storm.ts';
import { type StormReport, violationsOf } from '../../test/crash/storm-count.ts';

/** The storm over one daemon, in full: half an hour. Prints a Markdown table. Returns the violations. */
export async function stormOverOne(options: StormOptions): Promise<string[]> {
  const report = await runStorm({ ...options, otherHands: true, log: (text) => console.error(text) });
  console.log(markdownTable(report));
  return violationsOf(report);
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
