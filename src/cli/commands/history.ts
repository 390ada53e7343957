import type { Command } from 'commander';
import type { TellingConfig } from '../../domain/explain/why.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { matchesGlob } from '../../domain/telling/glob.ts';
import { ConfigError, WatcherError } from '../../errors.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import type { Records } from '../../views/records/records.ts';
import { type EventWhy, whyOf, whyView } from '../../views/why.ts';
import { type Cli, jsonOption, limitOption, onAction, timeOption } from '../command.ts';
import type { RemoteDaemon } from '../parts.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { entriesOf, type HistoryEntry, historyView } from '../view/history-entry.ts';
import { historyLines } from '../view/history-text.ts';
import {
  allAtOnce,
  collect,
  type Listing,
  type ListingWords,
  portionsFromEnd,
  printListing,
  printNothingRecorded,
  warnOfUnknown,
} from '../view/listing.ts';
import { fold, printable } from '../view/text.ts';
import { WHY_LEGEND, whyLines } from '../view/why-text.ts';

interface HistoryOptions extends RecordsOptions {
  watch?: string;
  target?: string;
  since?: Timestamp;
  until?: Timestamp;
  limit: number;
  why?: true;
  /** False with `--no-test`. */
  test: boolean;
}

/** One job has six milestones and perhaps a few reminders per watch; this is room for all of them. */
export const EVENTS_OF_ONE_JOB = 5_000;

/** Adds `history`: what happened to the jobs, and who was told. */
export function addHistory(cli: Cli, program: Command): void {
  const command = program
    .command('history')
    .description(
      'show what happened, when it was found, and who was told: the latest entries, in the order of time',
    )
    .argument(
      '[job]',
      'only what happened to this job (its id whole, its beginning, or 6080…8293 as messages show it); shows also what was there at first sight',
    )
    .option('--watch <name>', 'only what this watch saw')
    .option('--target <name>', 'only restores into this cluster: * stands for any characters')
    .addOption(timeOption(cli, 'since', 'found at or after this time'))
    .addOption(timeOption(cli, 'until', 'found before this time'))
    .option('--why', 'say for each channel why it was told, or was not')
    .option('--no-test', 'leave out test alerts')
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  restore-watcher history --since 7d\n  restore-watcher history 6080…8293 --why\n  restore-watcher history 60800a1b2c3d4e5f60718293 --json',
    );
  onAction<HistoryOptions>(cli, addRecordsOptions(command), (options, [jobId]) =>
    showHistory(cli, options, jobId),
  );
}

/** Prints what is on record, of one job or of all; 1 where a job is meant and nothing is. */
export async function showHistory(
  cli: Cli,
  options: HistoryOptions,
  jobId: string | undefined,
): Promise<number> {
  // Its notes come before those about the store.
  const local = options.why && options.server === undefined ? await tellingNow(cli, options.config) : null;
  const shown = await withRecords(cli, options, 'readonly', async ({ records, watches, isWhole, daemon }) => {
    warnOfUnknown(cli, 'watch', options.watch, { known: watches, isWhole });
    if (jobId !== undefined) await sayIfGone(cli, records, jobId);
    const entries =
      jobId === undefined ? historyOfAll(records, options) : historyOfJob(records, options, jobId);
    const telling = options.why && daemon !== null ? await tellingOf(cli, daemon) : local;
    const whyOfEvent = options.why ? (event: RecordedEvent) => whyOf(records, event, telling) : null;
    return printListing(cli, options, explained(entries, whyOfEvent), wordsFor(cli, options, jobId));
  });
  if (shown === null) printNothingRecorded(cli, options);
  return jobId !== undefined && !shown ? 1 : 0;
}

/** An entry, and why each channel was told of it, or was not; `null`: it is not asked for. */
interface Explained {
  entry: HistoryEntry;
  why: EventWhy | null;
}

async function* explained(
  entries: Listing<HistoryEntry>,
  whyOfEvent: ((event: RecordedEvent) => Promise<EventWhy>) | null,
): Listing<Explained> {
  let step = await entries.next();
  for (; !step.done; step = await entries.next()) {
    const portion: Explained[] = [];
    for (const entry of step.value) {
      const why = entry.kind === 'event' && whyOfEvent ? await whyOfEvent(entry.recorded) : null;
      portion.push({ entry, why });
    }
    yield portion;
  }
  return step.value;
}

function wordsFor({ out }: Cli, options: HistoryOptions, jobId: string | undefined): ListingWords<Explained> {
  let isExplained = false;
  return {
    empty: emptySentence(options, jobId),
    view: ({ entry, why }) =>
      why === null ? historyView(entry) : { ...historyView(entry), why: whyView(why) },
    print: (portion, { isFirst }) => {
      const whys = new Map(portion.map(({ entry, why }) => [entry, why]));
      const blocks = historyLines([...whys.keys()], out, (entry) => {
        const why = whys.get(entry) ?? null;
        return why === null ? null : whyLines(why, out.foldWidth, out);
      }).map((lines) => lines.join('\n'));
      if (!isFirst) out.line();
      out.line(blocks.join('\n\n'));
      isExplained ||= portion.some(({ why }) => why !== null);
    },
    end: () => {
      if (!isExplained) return;
      out.line();
      for (const line of fold(WHY_LEGEND, out.foldWidth)) out.line(out.paint('dim', line));
    },
  };
}

/** Who is told of what by the configuration of now: no secret is needed for that. What was recorded explains much without it. */
async function tellingNow(cli: Cli, file: string): Promise<TellingConfig | null> {
  try {
    const { telling } = await cli.parts.readAccess(file);
    if (telling !== null) return telling;
    cli.err.line(`note: ${printable(file)} has faults; what its routes would say now is left out`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    cli.err.line(`note: ${printable(error.message)}; what its routes would say now is left out`);
  }
  cli.err.line('hint: "restore-watcher check" names each fault.');
  return null;
}

/** The same of a daemon, by the configuration that it has in force. One of an older version does not say. */
async function tellingOf(cli: Cli, daemon: RemoteDaemon): Promise<TellingConfig | null> {
  try {
    return await daemon.telling();
  } catch (error) {
    if (!(error instanceof WatcherError) || error.code !== 'not_found') throw error;
    cli.err.line(
      'note: the daemon does not say who is told of what; what its routes would say now is left out',
    );
    cli.err.line('hint: It is of an older version: upgrade it.');
    return null;
  }
}

/** Says what became of a job that was pruned: nothing else of it may be on record. */
async function sayIfGone(cli: Cli, records: Records, given: string): Promise<void> {
  const jobId = await records.resolveJob(given);
  const { items } = await records.listJobs({ jobId, limit: 1 });
  const gone = items.length > 0 ? null : await records.goneJob(given);
  if (gone === null) return;
  cli.err.line(`note: ${printable(gone.message)}`);
  cli.err.line(`hint: ${printable(gone.hint ?? '')}`);
}

async function* historyOfAll(records: Records, options: HistoryOptions): Listing<HistoryEntry> {
  const { watch, target, since, until, limit } = options;
  const portions = portionsFromEnd(
    limit,
    (page) => records.listEvents({ watch, target, since, until, ...page }),
    (recorded) => options.test || !recorded.event.test,
  );
  let step = await portions.next();
  for (; !step.done; step = await portions.next()) yield entriesOf(step.value, []);
  return step.value;
}

async function* historyOfJob(
  records: Records,
  { watch, target, since = 0, until = Number.POSITIVE_INFINITY, limit, test }: HistoryOptions,
  given: string,
): Listing<HistoryEntry> {
  const jobId = await records.resolveJob(given);
  const events = await collect(EVENTS_OF_ONE_JOB, (page) =>
    records.listEvents({ jobId, watch, target, ...page }),
  );
  const jobs = await collect(EVENTS_OF_ONE_JOB, (page) => records.listJobs({ jobId, watch, ...page }));
  const fitting = jobs.items.filter(
    ({ observation: { job } }) => target === undefined || matchesGlob(target, job?.targetClusterName ?? null),
  );
  const wanted = events.items.filter(({ event }) => test || !event.test);
  const entries = entriesOf(wanted, fitting).filter(
    ({ detectedAt }) => detectedAt >= since && detectedAt < until,
  );
  return yield* allAtOnce(entries.slice(-limit), entries.length > limit);
}

function emptySentence({ watch, target, since, until }: HistoryOptions, jobId: string | undefined): string {
  const isNarrowed =
    watch !== undefined || target !== undefined || since !== undefined || until !== undefined;
  if (jobId !== undefined) {
    return `Nothing is on record for job ${printable(jobId)}${isNarrowed ? ' within these limits' : ''}. "restore-watcher jobs" lists those that are.`;
  }
  return isNarrowed
    ? 'Nothing is on record within these limits.'
    : 'Nothing has happened since the watch began. Jobs that were there before are listed by "restore-watcher jobs".';
}
