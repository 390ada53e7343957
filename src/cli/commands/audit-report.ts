import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Timestamp } from '../../domain/instant.ts';
import { ReportCompiler } from '../../domain/report/compile.ts';
import type { Report } from '../../domain/report/report.ts';
import { StoreError } from '../../errors.ts';
import { entriesInPortions } from '../audit-entries.ts';
import { type Cli, onAction, timeOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { nothingRecorded, warnOfUnknown } from '../view/listing.ts';
import { count, toJson } from '../view/text.ts';

const FORMATS = ['html', 'csv', 'json'] as const;

interface ReportOptions extends RecordsOptions {
  since?: Timestamp;
  until?: Timestamp;
  watch?: string;
  format: (typeof FORMATS)[number];
  out?: string;
}

const USUAL_SPAN_MS = 92 * 86_400_000;

/** Adds `audit report`: the evidence of restores over a period. */
export function addAuditReport(cli: Cli, audit: Command): void {
  const command = audit
    .command('report')
    .description('write the evidence of a period: every restore, drills, who was told, when nobody could see')
    .addOption(timeOption(cli, 'since', 'restores that began at or after this time (default: 92 days back)'))
    .addOption(timeOption(cli, 'until', 'restores that began before this time (default: now)'))
    .option('--watch <name>', 'only of this watch')
    .addOption(
      new Option('--format <format>', 'html: one file to read and print; csv: a line for each restore')
        .choices(FORMATS)
        .default('html'),
    )
    .option('--out <file>', 'write it to a file, not to standard output')
    .addHelpText(
      'after',
      '\nExample:\n  restore-watcher audit report --since 2026-07-01 --until 2026-10-01 --out restores-q3.html',
    );
  onAction<ReportOptions>(cli, addRecordsOptions(command), (options) => writeReport(cli, options));
}

async function writeReport(cli: Cli, options: ReportOptions): Promise<number> {
  const now = cli.parts.clock.now();
  const { until = now, since = until - USUAL_SPAN_MS, watch = null } = options;
  if (since >= until) throw new UsageError('--since has to lie before --until');
  const report = await withRecords(cli, options, 'readonly', async ({ records, watches, isWhole }) => {
    warnOfUnknown(cli, 'watch', options.watch, { known: watches, isWhole });
    const compiler = new ReportCompiler();
    for await (const entries of entriesInPortions(records)) for (const entry of entries) compiler.read(entry);
    const { key, last } = await records.lastCheckpoint();
    const asked = { since, until, watch, madeAt: now, version: cli.parts.version };
    const coverage = await records.coverage({ since, until, watch: options.watch });
    return compiler.report({ ...asked, key, coverage, checkpoint: last });
  });
  if (report === null) throw nothingRecorded();
  const text = await textOf(report, options.format);
  if (options.out === undefined) cli.out.write(text);
  else await writeOut(options.out, text);
  if (options.out !== undefined) cli.err.line(`${options.out}: ${count(report.restores.length, 'restore')}`);
  return report.integrity.broken === null ? 0 : 1;
}

/** What draws is loaded only by who has something drawn. */
async function textOf(report: Report, format: ReportOptions['format']): Promise<string> {
  switch (format) {
    case 'html':
      return (await import('../../views/report/html.ts')).reportHtml(report);
    case 'csv':
      return (await import('../../views/report/csv.ts')).reportCsv(report);
    case 'json':
      return `${toJson((await import('../../views/report/json.ts')).reportView(report))}\n`;
  }
}

async function writeOut(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new StoreError('unavailable', `${file}: cannot write the report`, {
      hint: 'Check that its directory is there and may be written.',
      cause,
    });
  }
}
