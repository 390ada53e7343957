import { type Command, Option } from 'commander';
import { durationsOf, type ExpectedEnd, expectedEnd, type FinishedDuration } from '../../domain/eta.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/observation.ts';
import { type JobState, shortId } from '../../domain/restore-job.ts';
import { targetKey } from '../../domain/watch.ts';
import { JOB_STATES } from '../../status/query.ts';
import { jobView } from '../../status/views.ts';
import type { Store } from '../../store/store.ts';
import { tieBatches } from '../batches.ts';
import { type Cli, type CommonOptions, jsonOption, limitOption, onAction } from '../command.ts';
import { etaText, etaView, routeOf, STATE_COLOURS, spanOf } from '../job-text.ts';
import { collect, type Listing, printListing, readStore, warnOfUnknown } from '../listing.ts';
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
  const found = await readStore(cli, config, async (store) => {
    const listing = await collect(limit, (page) => store.listObservations({ watch, state, ...page }));
    return withEtas(store, listing, cli.parts.clock.now());
  });
  printListing(cli, options, found, {
    empty:
      watch === undefined && state === undefined
        ? 'No restore job has been seen yet. Can Atlas be read? `check --online` tells.'
        : 'No restore job on record matches. Without --watch and --state, all of them are listed.',
    view: ({ observation, eta }) => ({ ...jobView(observation), expectedEnd: etaView(eta) }),
    print: (jobs) => printJobs(cli, jobs),
  });
  return 0;
}

/** A job on record, and when it should end. */
interface ListedJob {
  observation: Observation;
  eta: ExpectedEnd | null;
}

/** So many finished jobs tell what is usual. */
const HISTORY = 2_000;

/** Reads the history of each instance where a job is running, once. */
async function withEtas(
  store: Store,
  { items, hasMore }: Listing<Observation>,
  now: Timestamp,
): Promise<Listing<ListedJob>> {
  const histories = new Map<string, FinishedDuration[]>();
  const etaOf = async ({ watch, job, state, missingSince }: Observation): Promise<ExpectedEnd | null> => {
    if (job === null || state !== 'in_progress' || missingSince !== null) return null;
    const key = targetKey({ ...job, watch });
    const history = histories.get(key) ?? (await store.finishedDurations(key, HISTORY));
    histories.set(key, history);
    return expectedEnd({ ...job, state }, now, durationsOf(history, job.deliveryType));
  };
  const listed: ListedJob[] = [];
  for (const observation of items) listed.push({ observation, eta: await etaOf(observation) });
  return { items: listed, hasMore };
}

function printJobs({ out, parts }: Cli, listed: readonly ListedJob[]): void {
  const now = parts.clock.now();
  const tied = tieBatches(listed.map(({ observation }) => observation));
  const jobs = tied.map(({ observation }) => observation);
  const marks = new Map(tied.map(({ observation, mark }) => [observation, mark]));
  const etas = new Map(listed.map(({ observation, eta }) => [observation, etaText(eta, now)]));
  const hasEta = [...etas.values()].some((text) => text !== '');
  const columns: Array<Column<Observation>> = [
    {
      title: 'STATE',
      value: stateOf,
      paint: (cell, row) => out.paint(STATE_COLOURS[stateOf(row)] ?? 'dim', cell),
    },
    { title: 'JOB', value: (row) => `${marks.get(row) ?? ''}${row.jobId}` },
    { title: 'WATCH', value: ({ watch }) => watch, shrinks: true },
    { title: 'FROM → TO', value: ({ job }) => routeOf(job), shrinks: true },
    { title: 'TOOK', value: ({ job, missingSince }) => spanOf(job, missingSince ?? now) },
    ...(hasEta ? [{ title: 'ETA', value: (row: Observation) => etas.get(row) ?? '', shrinks: true }] : []),
    { title: 'CHANGED', value: ({ changedAt }) => formatDistance(changedAt, now) },
  ];
  for (const line of formatTable(jobs, columns, out.width)) out.line(line);
  const hasBatches = tied.some(({ mark }) => mark !== '');
  const notes = [
    ...(hasBatches ? ['Jobs between ┌ and └ are the shards of one restore.'] : []),
    ...jobs.flatMap(notesOf),
  ];
  if (notes.length > 0) out.line();
  for (const note of notes) out.line(printable(note));
}

function stateOf({ state, missingSince }: Observation): JobState | 'missing' {
  return missingSince === null ? state : 'missing';
}

function notesOf({ jobId, anomaly, job, missingSince, state }: Observation): string[] {
  return [
    ...(missingSince === null ? [] : [`${shortId(jobId)} has gone from Atlas; it was ${state}`]),
    ...(job?.warnings ? [`${shortId(jobId)} finished with warnings`] : []),
    ...(job?.errorMessage ? [`${shortId(jobId)} Atlas says: ${job.errorMessage}`] : []),
    ...(anomaly === null ? [] : [`${shortId(jobId)} is odd: ${anomaly}`]),
  ];
}
