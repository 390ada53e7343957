import { formatSpan, type Timestamp, toIso } from '../../../domain/instant.ts';
import { type ExpectedEnd, expectedEnd, type Usuals } from '../../../domain/job/eta.ts';
import { publicJob } from '../../../domain/job/public-job.ts';
import type { RestoreJob } from '../../../domain/job/restore-job.ts';
import { expectedEndView } from '../../../views/views.ts';
import type { Expected } from '../../../wait/search.ts';
import { hintAbout, type JobEnd, type Verdict, type WaitedJob } from '../../../wait/verdict.ts';
import type { WaitChange, WaitReport } from '../../../wait/wait.ts';
import { etaText, percentOf, routeOf, spanOf } from '../../view/job-text.ts';
import type { Output } from '../../view/output.ts';
import { count, formatInstant, printable, toJsonLine } from '../../view/text.ts';

/** Tells whoever waits how it goes. */
export interface WaitReporter {
  /** No jobs are named: Atlas is asked next which are running. */
  looking(at: Timestamp): void;
  onChange(change: WaitChange): void;
  /** The last word. */
  end(report: WaitReport, exitCode: number): void;
  /** After `end`, or in its place when an error ended it. */
  close(): void;
}

/** What is waited for, in words, and what is usual there. */
export interface WaitContext {
  watchName: string;
  usuals: Usuals;
  /** Jobs that may only be about to begin. */
  expected?: Expected | undefined;
}

/** One JSON object a change and line, then a summary. */
export function createJsonReporter(out: Output, { watchName, usuals }: WaitContext): WaitReporter {
  const line = (value: object): void => out.line(toJsonLine(value));
  const changeView = (change: WaitChange): object => {
    const { at, ...rest } = change;
    const common = { kind: change.kind, at: toIso(at), watch: watchName };
    if (change.kind === 'waiting') return { ...common, jobs: change.jobs.map(({ jobId }) => jobId) };
    if (change.kind !== 'job') return { ...common, ...rest };
    const { waited, before } = change;
    return {
      ...common,
      from: before?.state ?? null,
      ...jobView(waited),
      ...expectedEndView(etaOf(waited.job, at, usuals)),
    };
  };
  return {
    looking: () => {},
    onChange: (change) => line(changeView(change)),
    end: ({ verdict, jobs }, exitCode) =>
      line({ kind: 'summary', watch: watchName, verdict, exitCode, jobs: jobs.map(jobView) }),
    close: () => {},
  };
}

function jobView(waited: WaitedJob): Record<string, unknown> {
  const { jobId, job, end } = waited;
  const hint = hintAbout(waited);
  const view = { id: jobId, state: job?.state ?? null, end, job: job && publicJob(job) };
  return hint === null ? view : { ...view, hint };
}

/** Plain lines, one a change, for pipes and logs. */
export function createLineReporter(out: Output, context: WaitContext): WaitReporter {
  const { watchName, usuals } = context;
  const line = (at: Timestamp, text: string): void => out.line(`${formatInstant(at)}  ${printable(text)}`);
  return {
    looking: (at) => line(at, `looking for running restores of watch ${watchName}`),
    onChange: (change) => {
      // A reply may bring many more documents and still the same per cent.
      if (change.kind === 'job' && samePercent(change.before, change.waited)) return;
      // The last line says so.
      if (change.kind === 'waiting' && change.jobs.length === 0) return;
      line(change.at, changeText(change, watchName, usuals));
    },
    end: (report) => out.line(printable(summaryText(report, context))),
    close: () => {},
  };
}

function samePercent(before: RestoreJob | null, { job, end }: WaitedJob): boolean {
  if (before === null || job === null || end !== null || before.state !== job.state) return false;
  const percent = ({ progress }: RestoreJob): number | null =>
    progress === null ? null : percentOf(progress.done / progress.total);
  return percent(before) === percent(job);
}

function changeText(change: WaitChange, watchName: string, usuals: Usuals): string {
  switch (change.kind) {
    case 'waiting':
      return `waiting for ${count(change.jobs.length, 'job')} of watch ${watchName}`;
    case 'job':
      return jobText(change.waited, change.at, usuals);
    case 'fault':
      return faultText(change);
    case 'recovered':
      return `Atlas can be read again, after ${formatSpan(change.afterMs)}`;
    case 'unreadable':
      return problemText(change);
  }
}

function jobText({ jobId, job, end, noticed }: WaitedJob, at: number, usuals: Usuals): string {
  if (end === 'missing') return `${jobId}  ${END_WORDS.missing}`;
  if (job === null) return jobId;
  const words = [
    routeOf(job),
    spanOf(job, at, noticed),
    etaText(etaOf(job, at, usuals), at),
    job.warnings ? 'with warnings' : '',
    job.errorMessage === null ? '' : `Atlas says: ${job.errorMessage}`,
  ];
  return `${jobId}  ${(end ?? job.state).padEnd(STATE_WIDTH)}  ${words.filter((word) => word !== '').join(', ')}`;
}

const STATE_WIDTH = 'in_progress'.length;

function faultText({ message, hint }: { message: string; hint: string | null }): string {
  return `Atlas cannot be read at the moment, waiting goes on: ${message}${hint === null ? '' : ` (hint: ${hint})`}`;
}

/** A job that Atlas listed and nobody could decode, on one line. */
export function problemText({ jobId, problem }: { jobId: string | null; problem: string }): string {
  return `${jobId === null ? 'a job' : `job ${jobId}`} cannot be read: ${problem}`;
}

/** When a job should end, by what is usual for its instance; `null` when nothing tells. */
export function etaOf(job: RestoreJob | null, now: number, usuals: Usuals): ExpectedEnd | null {
  return job && expectedEnd(job, now, usuals);
}

const END_WORDS: Readonly<Record<JobEnd, string>> = {
  finished: 'finished',
  ready: 'ready',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  missing: 'not found: Atlas has no such job',
};

const VERDICT_WORDS: Readonly<Record<Exclude<Verdict, 'nothing'>, string>> = {
  finished: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  expired: 'Expired',
  missing: 'Not found',
  absent: 'Not begun',
  timed_out: 'Timed out',
  interrupted: 'Interrupted',
};

function absentText(appeared: number, expected: Expected | undefined): string {
  const { count: wanted = 1, withinMs = 0 } = expected ?? {};
  return `${VERDICT_WORDS.absent}: ${appeared} of ${count(wanted, 'expected job')} appeared within ${formatSpan(withinMs)}. Was the restore started, and is it of this watch's instance? "atlas backups restores list" tells.`;
}

/** `Failed: 1 failed, 2 finished.`, and what to do where Atlas does not know a job. */
export function summaryText(
  { verdict, jobs }: WaitReport,
  { watchName, expected }: Pick<WaitContext, 'watchName' | 'expected'>,
): string {
  if (verdict === 'nothing')
    return `No restore of watch ${watchName} is running: there is nothing to wait for.`;
  const title = VERDICT_WORDS[verdict];
  if (verdict === 'absent') return absentText(jobs.length, expected);
  if (jobs.length === 0 && expected !== undefined)
    return `${title}: none of the expected jobs has appeared so far.`;
  if (jobs.length === 0) return `${title}: Atlas could not be asked which jobs are running.`;
  const counts = Map.groupBy(jobs, ({ end }) => end);
  const words = [...counts].map(
    ([end, { length }]) => `${length} ${end === null ? 'not over' : END_WORDS[end].replace(/:.*/, '')}`,
  );
  const hint = jobs.map(hintAbout).find((text) => text !== null);
  return [`${title}: ${words.join(', ')}.`, ...(hint === undefined ? [] : [hint])].join(' ');
}
