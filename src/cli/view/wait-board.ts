import type { Clock } from '../../clock.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { WaitedJob } from '../../wait/verdict.ts';
import type { WaitReport } from '../../wait/wait.ts';
import type { OutputStream } from '../parts.ts';
import { etaText, routeOf, STATE_COLOURS, tookText } from './job-text.ts';
import { type Output, OutputClosed } from './output.ts';
import { type Column, formatTable } from './table.ts';
import { count, fold, printable } from './text.ts';
import { etaOf, problemText, summaryText, type WaitContext, type WaitReporter } from './wait-reporter.ts';

/** The times of the board go on by themselves. */
const REDRAW_MS = 1_000;

/** Lines of the terminal that are not for jobs: the heading, the titles, what is hidden, the cursor. */
const OTHER_LINES = 4;

const UP = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`);
/** A typed `^C` may stand there. */
const TO_LINE_START = '\r';
/** Before the line: behind one as wide as the terminal, its last character would go. */
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
/** A line that is wider than the terminal must not take two, or the next drawing would begin too low. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

/** One line a job, drawn over again in place: for a terminal. */
export function createBoard(
  out: Output,
  { stdout, clock }: { stdout: OutputStream; clock: Clock },
  { watchName, usuals }: WaitContext,
): WaitReporter {
  const startedAt = clock.monotonic();
  const problems: string[] = [];
  let jobs: Map<string, WaitedJob> | null = null;
  let fault: { message: string; hint: string | null; since: number } | null = null;
  let drawn = 0;

  function columns(now: Timestamp): Array<Column<WaitedJob>> {
    return [
      {
        title: 'STATE',
        value: ({ job, end }) => end ?? job?.state ?? '…',
        paint: (cell, { job, end }) => out.paint(colourOf(end ?? job?.state ?? 'unknown'), cell),
      },
      { title: 'JOB', value: ({ jobId }) => jobId },
      { title: 'FROM → TO', value: ({ job }) => (job ? routeOf(job) : ''), shrinks: true },
      { title: 'TOOK', value: ({ job }) => (job ? tookText(job, now) : '') },
      { title: 'ETA', value: ({ job }) => etaText(etaOf(job, now, usuals), now), shrinks: true },
    ];
  }

  function table(shown: readonly WaitedJob[]): string[] {
    const width = stdout.columns ?? out.width;
    return shown.length === 0 ? [] : formatTable(shown, columns(clock.now()), width);
  }

  function heading(): string {
    const elapsed = formatSpan(clock.monotonic() - startedAt);
    if (!jobs?.size) return `Looking for running restores of watch ${watchName}, ${elapsed} so far`;
    return `Waiting for ${count(jobs.size, 'job')} of watch ${watchName}, ${elapsed} so far`;
  }

  function notes(): string[] {
    const width = stdout.columns ?? out.width;
    return [...problems, ...faultNotes()].flatMap((note) => fold(printable(note), width));
  }

  function faultNotes(): string[] {
    if (fault === null) return [];
    const { message, hint, since } = fault;
    const span = formatSpan(clock.monotonic() - since);
    return [
      `Atlas cannot be read for ${span} now; waiting goes on`,
      message,
      ...(hint === null ? [] : [`hint: ${hint}`]),
    ];
  }

  /** Those that still run come first where there is no room for all. */
  function lines(): string[] {
    const all = [...(jobs?.values() ?? [])];
    const noted = notes();
    const room = Math.max(1, (stdout.rows ?? 24) - OTHER_LINES - noted.length);
    const shown =
      all.length <= room
        ? all
        : all.toSorted((a, b) => Number(a.end !== null) - Number(b.end !== null)).slice(0, room);
    const hidden = all.length - shown.length;
    return [
      out.paint('bold', printable(heading())),
      ...table(shown),
      ...(hidden > 0 ? [`… and ${hidden} more`] : []),
      ...noted.map((note) => out.paint('yellow', note)),
    ];
  }

  function draw(next: readonly string[]): void {
    const text = next.map((line) => `${ERASE_LINE}${line}\n`).join('');
    out.write(NO_WRAP + TO_LINE_START + UP(drawn) + text + ERASE_BELOW + WRAP);
    drawn = next.length;
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
      const last = summaryText(report, watchName);
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
