import { CHANNELS, type Channel } from '../receivers.ts';
import type { ChannelCount } from '../storm-count.ts';
import type { ActCounts } from './acts.ts';
import { NARROW_PER_MINUTE } from './world.ts';

/** What a storm over several replicas came to. */
export interface ReplicaStormReport {
  replicas: number;
  jobs: number;
  acts: ActCounts;
  /** Events that had to arrive, for each channel. */
  expected: number;
  channels: Record<Channel, ChannelCount>;
  /** Events that are not about jobs, by name. */
  otherEvents: Readonly<Record<string, number>>;
  /** Milestones of a job that the store holds more than once. */
  recordedTwice: number;
  /** Messages that a replica has sent for a channel that was another's; in words. */
  sentByOthers: string[];
  /** Writes of a replica about a unit that was another's; in words. */
  writtenByOthers: string[];
  /** Attempts to deliver that the audit log has more than once. */
  auditedTwice: string[];
  /** What `audit verify` found, after every start and every stop. */
  auditProblems: string[];
  /** How often it was asked. */
  verified: number;
  /** What went wrong in the acts themselves, such as a replica that had ended by itself. */
  failures: string[];
  /** How often a replica ended by itself before it listened, and was started again. */
  failedStarts: number;
  /** How often a unit got a holder. */
  takeovers: number;
  /** The most requests within any minute to the project whose budget binds. */
  mostPerMinute: number;
  /** How each replica ended at the end. */
  endings: Array<{ code: number | null; ms: number }>;
  /** What the replicas said at level error, and how often. */
  saidInAlarm: Readonly<Record<string, number>>;
  seconds: number;
}

/** A replica that has not stopped by then kills itself, as on a machine with too much else to do; how long stops took is in the table. */
const LAST_RESORT_MS = 10_000;

/** What the storm must not have done, in words; empty when it has done no harm. */
export function violationsOfReplicas(report: ReplicaStormReport): string[] {
  const { channels, recordedTwice, endings } = report;
  return [
    ...CHANNELS.flatMap((channel) =>
      (['lost', 'unexplained', 'foreign', 'outOfOrder'] as const)
        .filter((what) => channels[channel][what] !== 0)
        .map((what) => `${channel}: ${channels[channel][what]} ${what}`),
    ),
    ...(recordedTwice > 0 ? [`${recordedTwice} milestones were recorded twice`] : []),
    ...report.sentByOthers.map((words) => `sent without the lease: ${words}`),
    ...report.writtenByOthers.map((words) => `written without the lease: ${words}`),
    ...report.auditedTwice.map((attempt) => `in the audit log twice: ${attempt}`),
    ...report.auditProblems.map((problem) => `audit verify: ${problem}`),
    ...report.failures,
    ...(report.mostPerMinute > NARROW_PER_MINUTE ? [`${report.mostPerMinute} requests in a minute`] : []),
    ...endings
      .filter(({ code, ms }) => code !== 0 && ms < LAST_RESORT_MS)
      .map(({ code }) => `a replica ended with ${code} at the end`),
  ];
}

/** The report as Markdown, for the documents. */
export function tableOfReplicas(report: ReplicaStormReport): string {
  const { acts, channels, expected, endings } = report;
  const titles = ['channel', 'events', 'lost', 'refused', 'messages', 'repeated', 'most per cause'];
  const more = ['without need', 'under another id', 'out of order'];
  const rows = CHANNELS.map((channel) => {
    const { events, lost, refused, messages, repeats, mostPerKill, unexplained, foreign, outOfOrder } =
      channels[channel];
    const told = `${events} of ${expected}`;
    return [channel, told, lost, refused, messages, repeats, mostPerKill, unexplained, foreign, outOfOrder];
  });
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`;
  const done = Object.entries(acts).map(([act, count]) => `${count} ${act}`);
  return [
    `${report.replicas} replicas, ${done.join(', ')}, while ${report.jobs} jobs changed, in ${report.seconds} s.`,
    `Sent without the lease: ${report.sentByOthers.length}; written without it: ${report.writtenByOthers.length}; ${report.takeovers} times a unit got a holder.`,
    `audit verify: ${report.verified} times, ${report.auditProblems.length} problems. At most ${report.mostPerMinute} requests in a minute where ${NARROW_PER_MINUTE} are allowed.`,
    `Starts that failed: ${report.failedStarts}. Clean stops took ${endings.map(({ ms }) => ms).join(', ')} ms.`,
    `Other events: ${JSON.stringify(report.otherEvents)}.`,
    '',
    line([...titles, ...more]),
    line([...titles, ...more].map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}
