/** What is to be watched, and for how long. */
export interface Run {
  instanceName: string;
  jobs: number;
  /** Empty: by listing. */
  restoreJobIds: readonly string[];
  /** Polls to measure over; nothing changes in them. */
  polls: number;
}

/** What one way of watching cost. */
export interface Measurement extends Run {
  what: string;
  /** User and system time. */
  cpuMsPerPoll: number;
  /** Login challenges included. */
  requestsPerPoll: number;
  /** Resident memory in MiB. */
  memory: { now: number; peak: number };
  /** From the start of the process to the end of its first poll, which records every job. */
  firstPollSeconds: number;
}

const HEADINGS = [
  'jobs',
  'watched by',
  'CPU per 1,000 jobs looked at',
  'CPU per poll',
  'requests per poll',
  'memory (peak)',
  'start to end of first poll',
] as const;

/** A table for the README. */
export function markdownTable(measurements: readonly Measurement[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = HEADINGS.map((_, column) => (column === 1 ? '---' : '---:'));
  return [line(HEADINGS), line(rule), ...measurements.map((each) => line(cellsOf(each)))].join('\n');
}

function cellsOf(measured: Measurement): string[] {
  const { jobs, what, restoreJobIds, cpuMsPerPoll, requestsPerPoll, memory, firstPollSeconds } = measured;
  return [
    `${jobs.toLocaleString('en')}${restoreJobIds.length > 0 ? ' by id' : ''}`,
    what,
    milliseconds((cpuMsPerPoll / jobs) * 1_000),
    milliseconds(cpuMsPerPoll),
    requestsPerPoll.toFixed(2).replace(/\.?0+$/, ''),
    `${memory.now.toFixed(0)} MiB (${memory.peak.toFixed(0)})`,
    `${firstPollSeconds.toFixed(firstPollSeconds < 10 ? 2 : 1)} s`,
  ];
}

function milliseconds(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
