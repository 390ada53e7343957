import { count, span } from '../report/figures.ts';
import { tableOf } from '../report/line.ts';
import type { ScaleCase, ScaleResult } from './case.ts';

const HEADINGS = [
  'clusters',
  'polled',
  'store',
  'requests a minute',
  'processor, without sockets',
  'memory',
  'seen after (p50, p99)',
  'first look at all',
] as const;

/** What was measured, a row for each case. */
export function scaleTable(rows: ReadonlyArray<{ case: ScaleCase; result: ScaleResult }>): string {
  return tableOf(HEADINGS, rows.map(cellsOf));
}

function cellsOf({
  case: { projects, clustersEach, hint, store, replicas, feed },
  result,
}: {
  case: ScaleCase;
  result: ScaleResult;
}) {
  const { requestsPerMinute, cpuPercent, resident, delays, firstLookMs } = result;
  const { jobs, feeds } = requestsPerMinute;
  return [
    `${count(projects * clustersEach)} in ${count(projects)} ${projects === 1 ? 'project' : 'projects'}`,
    hint === 'off' ? 'every 30 s' : feed === 'right' ? 'by hint' : 'by hint, feeds that tell nothing',
    store === 'sqlite' ? 'embedded' : replicas === 1 ? 'PostgreSQL' : `PostgreSQL, ${replicas} replicas`,
    feeds === 0 ? count(jobs) : `${count(jobs + feeds)} (${count(feeds)} to feeds)`,
    `${cpuPercent.toFixed(2)} % of a core`,
    `${resident.toFixed(0)} MB`,
    `${span(delays.p50)}, ${span(delays.p99)}`,
    span(firstLookMs),
  ];
}
