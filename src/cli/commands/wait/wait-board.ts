import type { Clock } from '../../../clock.ts';
import { formatSpan, type Timestamp } from '../../../domain/instant.ts';
import { shortId } from '../../../domain/job/restore-job.ts';
import type { WaitedJob } from '../../../wait/verdict.ts';
import type { WaitReport } from '../../../wait/wait.ts';
import type { OutputStream } from '../../parts.ts';
import { etaText, routeOf, STATE_COLOURS, shortEtaText, tookText } from '../../view/job-text.ts';
import { type Output, OutputClosed } from '../../view/output.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { count, fold, printable } from '../../view/text.ts';
import { createRedraw } from './redraw.ts';
import { etaOf, problemText, summaryText, type WaitContext, type WaitReporter } from './wait-reporter.ts';

/** The times of the board go on by themselves. */
const REDRAW_MS = 1_000;

/** Lines of the terminal that are not for jobs: the heading, the titles, what is hidden, the cursor. */
const OTHER_LINES = 4;

interface Fault {
  message: string;
  hint: string | null;
  /** By the monotonic clock. */
  since: number;
}

/** One line a job, drawn over again in place: for a terminal. */
export function createBoard(
  out: Output,
  { stdout, clock }: { stdout: OutputStream; clock: Clock },
  context: WaitContext,
): WaitReporter {
  const { watchName, usuals } = context;
  const startedAt = clock.monotonic();
  const draw = createRedraw(out);
  const problems: string[] = [];
  let jobs: Map<string, WaitedJob> | null = null;
  let fault: Fault | null = null;
  const widthNow = (): number => stdout.columns ?? out.width;

  function table(shown: readonly WaitedJob[]): string[] {
    return shown.length === 0 ? [] : formatTable(shown, columnsAt(clock.now(), usuals, out), widthNow());
  }

  function heading(): string {
    const elapsed = formatSpan(clock.monotonic() - startedAt);
    if (!jobs?.size) return `Looking for running restores of watch ${watchName}, ${elapsed} so far`;
    return `Waiting for ${count(jobs.size, 'job')} of watch ${watchName}, ${elapsed} so far`;
  }

  function lines(): string[] {
    const all = [...(jobs?.values() ?? [])];
    const notes = [...problems, ...notesOf(fault, clock.monotonic())].flatMap((note) =>
      fold(printable(note), widthNow()),
    );
    const shown = unfinishedFirst(all, Math.max(1, (stdout.rows ?? 24) - OTHER_LINES - notes.length));
    const hidden = all.length - shown.length;
    return [
      out.paint('bold', printable(heading())),
      ...table(shown),
      ...(hidden > 0 ? [`… and ${hidden} more`] : []),
      ...notes.map((note) => out.paint('yellow', note)),
    ];
  }

  const timer = setInterval(() => {
    try {
      draw(lines());
    } catch (thrown) {
      clearInterval(timer);
      if (!(thrown instanceof OutputClosed)) throw thrown;
    }
  }, REDRAW_MS);

  return {
    looking: () => draw(lines()),
    onChange: (change) => {
      if (change.kind === 'waiting') jobs = new Map(change.jobs.map((waited) => [waited.jobId, waited]));
      if (change.kind === 'job') jobs?.set(change.waited.jobId, change.waited);
      if (change.kind === 'fault') fault = { ...change, since: clock.monotonic() };
      if (change.kind === 'recovered') fault = null;
      if (change.kind === 'unreadable') problems.push(problemText(change));
      draw(lines());
    },
    end: (report: WaitReport) => {
      const last = summaryText(report, context);
      draw([
        ...table(report.jobs),
        ...problems.map(printable),
        ...errorsOf(report.jobs),
        out.paint(summaryColour(report), printable(last)),
      ]);
    },
    close: () => clearInterval(timer),
  };
}

function columnsAt(now: Timestamp, usuals: WaitContext['usuals'], out: Output): Array<Column<WaitedJob>> {
  return [
    {
      title: 'STATE',
      value: ({ job, end }) => end ?? job?.state ?? '…',
      paint: (cell, { job, end }) => out.paint(colourOf(end ?? job?.state ?? 'unknown'), cell),
    },
    { title: 'JOB', value: ({ jobId }) => jobId, short: ({ jobId }) => shortId(jobId) },
    { title: 'FROM → TO', value: ({ job }) => (job ? routeOf(job) : ''), shrinks: true },
    { title: 'TOOK', value: ({ job, noticed }) => (job ? tookText(job, now, noticed) : '') },
    {
      title: 'ETA',
      value: ({ job }) => etaText(etaOf(job, now, usuals), now),
      short: ({ job }) => shortEtaText(etaOf(job, now, usuals), now),
      shrinks: true,
    },
  ];
}

/** As many jobs as there is room for. Where that is not all, those that still run come first. */
function unfinishedFirst(jobs: readonly WaitedJob[], room: number): readonly WaitedJob[] {
  if (jobs.length <= room) return jobs;
  return jobs.toSorted((a, b) => Number(a.end !== null) - Number(b.end !== null)).slice(0, room);
}

function notesOf(fault: Fault | null, monotonic: number): string[] {
  if (fault === null) return [];
  return [
    `Atlas cannot be read for ${formatSpan(monotonic - fault.since)} now; waiting goes on`,
    fault.message,
    ...(fault.hint === null ? [] : [`hint: ${fault.hint}`]),
  ];
}

function colourOf(state: keyof typeof STATE_COLOURS): NonNullable<(typeof STATE_COLOURS)[typeof state]> {
  return STATE_COLOURS[state] ?? 'dim';
}

function errorsOf(jobs: readonly WaitedJob[]): string[] {
  return jobs.flatMap(({ jobId, job }) =>
    job?.errorMessage ? [printable(`${jobId} Atlas says: ${job.errorMessage}`)] : [],
  );
}

function summaryColour({ verdict }: WaitReport): 'green' | 'red' | 'yellow' {
  if (verdict === 'finished' || verdict === 'nothing') return 'green';
  return verdict === 'failed' ? 'red' : 'yellow';
}
