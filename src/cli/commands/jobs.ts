import { type Command, Option } from 'commander';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/observation.ts';
import { type JobState, type RestoreJob, shortId } from '../../domain/restore-job.ts';
import { JOB_STATES } from '../../status/query.ts';
import { jobView } from '../../status/views.ts';
import { type Cli, type CommonOptions, jsonOption, limitOption, onAction } from '../command.ts';
import { collect, printListing, readStore, warnOfUnknown } from '../listing.ts';
import type { Colour } from '../output.ts';
import { type Column, formatTable } from '../table.ts';
import { formatDistance, printable } from '../text.ts';

interface JobsOptions extends CommonOptions {
  watch?: string;
  state?: JobState;
  limit: number;
}

export function addJobs(cli: Cli, program: Command): void {
  const command = program
    .command('jobs')
    .description('list the restore jobs on record, the newest first')
    .option('--watch <name>', 'only those of this watch')
    .addOption(new Option('--state <state>', 'only those in this state').choices(JOB_STATES))
    .addOption(limitOption())
    .addOption(jsonOption());
  onAction<JobsOptions>(cli, command, (options) => listJobs(cli, options));
}

async function listJobs(cli: Cli, options: JobsOptions): Promise<number> {
  const { watch, state, limit } = options;
  const config = await cli.parts.loadConfig(options.config);
  warnOfUnknown(cli, 'watch', watch, config.watches);
  const found = await readStore(cli, config, (store) =>
    collect(limit, (page) => store.listObservations({ watch, state, ...page })),
  );
  printListing(cli, options, found, {
    empty:
      watch === undefined && state === undefined
        ? 'No restore job has been seen yet.'
        : 'No restore job on record matches. Without --watch and --state, all of them are listed.',
    view: jobView,
    print: (jobs) => printJobs(cli, jobs),
  });
  return 0;
}

function printJobs({ out, parts }: Cli, jobs: readonly Observation[]): void {
  const now = parts.clock.now();
  const columns: Array<Column<Observation>> = [
    { title: 'STATE', value: stateOf, paint: (cell, row) => out.paint(COLOURS[stateOf(row)] ?? 'dim', cell) },
    { title: 'JOB', value: ({ jobId }) => jobId },
    { title: 'WATCH', value: ({ watch }) => watch, shrinks: true },
    { title: 'FROM → TO', value: ({ job }) => routeOf(job), shrinks: true },
    { title: 'TOOK', value: ({ job, missingSince }) => spanOf(job, missingSince ?? now) },
    { title: 'CHANGED', value: ({ changedAt }) => formatDistance(changedAt, now) },
  ];
  for (const line of formatTable(jobs, columns, out.width)) out.line(line);
  const notes = jobs.flatMap(notesOf);
  if (notes.length > 0) out.line();
  for (const note of notes) out.line(printable(note));
}

const COLOURS: Partial<Record<JobState | 'missing', Colour>> = {
  in_progress: 'bold',
  ready: 'green',
  finished: 'green',
  failed: 'red',
  cancelled: 'yellow',
  expired: 'yellow',
  missing: 'yellow',
};

function stateOf({ state, missingSince }: Observation): JobState | 'missing' {
  return missingSince === null ? state : 'missing';
}

function routeOf(job: RestoreJob | null): string {
  if (job === null) return '?';
  const target = job.targetClusterName ?? (job.deliveryType === 'download' ? 'download' : '?');
  return `${job.instanceName} → ${target}`;
}

/** From its creation to its first outcome; a running job is timed until `now`. */
function spanOf(job: RestoreJob | null, now: Timestamp): string {
  if (job === null) return '?';
  const [, outcome] = job.reached;
  if (outcome === undefined) return `${formatSpan(now - job.createdAt)} so far`;
  return outcome.at === null ? '?' : formatSpan(outcome.at - job.createdAt);
}

function notesOf({ jobId, anomaly, job, missingSince, state }: Observation): string[] {
  return [
    ...(missingSince === null ? [] : [`${shortId(jobId)} has gone from Atlas; it was ${state}`]),
    ...(job?.warnings ? [`${shortId(jobId)} finished with warnings`] : []),
    ...(job?.errorMessage ? [`${shortId(jobId)} Atlas says: ${job.errorMessage}`] : []),
    ...(anomaly === null ? [] : [`${shortId(jobId)} is odd: ${anomaly}`]),
  ];
}
