import { type Command, Option } from 'commander';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import { JOB_STATES, type JobState, shortId } from '../../domain/job/restore-job.ts';
import type { ListedJob } from '../../views/records/records.ts';
import { shownState } from '../../views/shown-state.ts';
import { jobView } from '../../views/views.ts';
import { type Cli, jsonOption, limitOption, onAction } from '../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { tieBatches } from '../view/job-groups.ts';
import { boundText, etaText, routeOf, STATE_COLOURS, shortEtaText, tookText } from '../view/job-text.ts';
import { pagesOf, printListing, printNothingRecorded, warnOfUnknown } from '../view/listing.ts';
import { type Column, createTable, type Table } from '../view/table.ts';
import { formatDistance, printable } from '../view/text.ts';

interface JobsOptions extends RecordsOptions {
  watch?: string;
  state?: JobState;
  limit: number;
}

/** Adds `jobs`: the restore jobs on record, with the expected end of those that run. */
export function addJobs(cli: Cli, program: Command): void {
  const command = program
    .command('jobs')
    .description('list the restore jobs on record, the newest first')
    .option('--watch <name>', 'only those of this watch')
    .addOption(new Option('--state <state>', 'only those in this state').choices(JOB_STATES))
    .addOption(limitOption())
    .addOption(jsonOption());
  onAction<JobsOptions>(cli, addRecordsOptions(command), (options) => listJobs(cli, options));
}

async function listJobs(cli: Cli, options: JobsOptions): Promise<number> {
  const { watch, state, limit } = options;
  const shown = await withRecords(cli, options, 'readonly', ({ records, watches, isWhole }) => {
    warnOfUnknown(cli, 'watch', watch, { known: watches, isWhole });
    const table = createTable();
    return printListing(
      cli,
      options,
      pagesOf(limit, (page) => records.listJobs({ watch, state, ...page })),
      {
        empty:
          watch === undefined && state === undefined
            ? 'No restore job has been seen yet. Can Atlas be read? `check --online` tells.'
            : 'No restore job on record matches. Without --watch and --state, all of them are listed.',
        view: ({ observation, eta, attestations }) => jobView(observation, eta, attestations),
        print: (jobs) => printJobs(cli, table, jobs),
      },
    );
  });
  if (shown === null) printNothingRecorded(cli, options);
  return 0;
}

function printJobs({ out, parts }: Cli, table: Table, listed: readonly ListedJob[]): void {
  const now = parts.clock.now();
  const tied = tieBatches(listed.map(({ observation }) => observation));
  const jobs = tied.map(({ observation }) => observation);
  const marks = new Map(tied.map(({ observation, mark }) => [observation, mark]));
  const etas = new Map(listed.map(({ observation, eta }) => [observation, etaText(eta, now)]));
  const shortEtas = new Map(listed.map(({ observation, eta }) => [observation, shortEtaText(eta, now)]));
  const hasEta = [...etas.values()].some((text) => text !== '');
  const columns: Array<Column<Observation>> = [
    {
      title: 'STATE',
      value: shownState,
      paint: (cell, row) => out.paint(STATE_COLOURS[shownState(row)] ?? 'dim', cell),
    },
    {
      title: 'JOB',
      value: (row) => `${marks.get(row) ?? ''}${row.jobId}`,
      short: (row) => `${marks.get(row) ?? ''}${shortId(row.jobId)}`,
    },
    { title: 'WATCH', value: ({ watch }) => watch, shrinks: true },
    { title: 'FROM → TO', value: ({ job }) => routeOf(job), shrinks: true },
    { title: 'TOOK', value: (row) => tookOfRow(row, now) },
    {
      title: hasEta ? 'CHANGED, ETA' : 'CHANGED',
      // Of a job that runs, it is the end that people want to know; when it was seen to start, the span tells.
      value: (row) => etas.get(row) || formatDistance(changeOf(row), now),
      short: (row) => shortEtas.get(row) || formatDistance(changeOf(row), now),
    },
  ];
  for (const line of table.add(jobs, columns, out.width)) out.line(line);
  const hasBatches = tied.some(({ mark }) => mark !== '');
  const notes = [
    ...(hasBatches ? ['Jobs between ┌ and └ are the shards of one restore.'] : []),
    ...jobs.flatMap(notesOf),
  ];
  if (notes.length > 0) out.line();
  for (const note of notes) out.line(printable(note));
}

/** When it came into its state: by Atlas where that has the time, as of restores that had finished before they were first seen. */
function changeOf({ state, job, changedAt }: Observation): Timestamp {
  return state === 'finished' ? (job?.finishedAt ?? changedAt) : changedAt;
}

/** A running job that has gone may have ended at any time before it was missed. */
function tookOfRow({ job, missingSince, noticed }: Observation, now: Timestamp): string {
  const isRunning = job !== null && job.reached.length < 2;
  return isRunning && missingSince !== null
    ? boundText(missingSince - job.createdAt)
    : tookText(job, now, noticed);
}

function notesOf(observation: Observation): string[] {
  const { jobId, anomaly, job, state } = observation;
  return [
    ...(shownState(observation) !== 'missing'
      ? []
      : [`${shortId(jobId)} has gone from Atlas; it was ${state}`]),
    ...(job?.warnings ? [`${shortId(jobId)} finished with warnings`] : []),
    ...(job?.errorMessage ? [`${shortId(jobId)} Atlas says: ${job.errorMessage}`] : []),
    ...(anomaly === null ? [] : [`${shortId(jobId)} is odd: ${anomaly}`]),
  ];
}
