import { type Command, Option } from 'commander';
import { type AuditEntry, auditLine } from '../../domain/audit.ts';
import { stubLine } from '../../domain/evidence/audit-stub.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Records } from '../../views/records/records.ts';
import { entriesInPortions } from '../audit-entries.ts';
import { type Cli, onAction, timeOption } from '../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { NOTHING_RECORDED } from '../view/listing.ts';

const FORMATS = ['jsonl', 'csv', 'ocsf', 'cadf'] as const;

interface ExportOptions extends RecordsOptions {
  format: (typeof FORMATS)[number];
  since?: Timestamp;
  until?: Timestamp;
}

/** Adds `audit export`: the log as JSON lines, CSV, OCSF or CADF, as a stream. */
export function addAuditExport(cli: Cli, audit: Command): void {
  const command = audit
    .command('export')
    .description('write the audit log to standard output, the oldest entry first')
    .addOption(
      new Option(
        '--format <format>',
        'jsonl: one entry a line, as in the mirror file; csv: a column for each fact; ocsf (1.8.0) and cadf (1.0.0): what happened to restores, for a SIEM, one JSON object a line',
      )
        .choices(FORMATS)
        .default('jsonl'),
    )
    .addOption(timeOption(cli, 'since', 'written at or after this time'))
    .addOption(timeOption(cli, 'until', 'written before this time'))
    .addHelpText('after', '\nExample:\n  restore-watcher audit export --format csv --since 30d > audit.csv');
  onAction<ExportOptions>(cli, addRecordsOptions(command), (options) => exportAudit(cli, options));
}

async function exportAudit(cli: Cli, options: ExportOptions): Promise<number> {
  const done = await withRecords(cli, options, 'readonly', async ({ records }) => {
    const format = await formatOf(cli, options.format, records);
    // Behind what may be refused: a header alone is the table of a log that is empty, and not of one that cannot be read.
    cli.out.write(format.header);
    // Without what stands in place of pruned entries, what is written could not be verified.
    const { start } = await records.readAudit(0, 1);
    if (start !== null && options.format === 'jsonl' && options.since === undefined)
      cli.out.write(`${stubLine(start)}\n`);
    for await (const entries of entriesInPortions(records)) {
      // What lies before the period is read as well: it tells what happens within it.
      const lines = entries.map((entry) => ({ entry, line: format.line(entry) }));
      cli.out.write(lines.flatMap(({ entry, line }) => (isWithin(entry, options) ? line : '')).join(''));
      await cli.out.flush();
    }
    return true;
  });
  if (done === null) {
    if (options.format === 'csv')
      cli.out.write((await import('../../views/export/audit-csv.ts')).AUDIT_CSV_HEADER);
    cli.err.line(NOTHING_RECORDED);
  }
  return 0;
}

/** How entries are written; an entry that a format has no words for makes no line. */
interface Format {
  header: string;
  line: (entry: AuditEntry) => string;
}

/** What is only for some is loaded by who asks for it. */
async function formatOf(
  cli: Cli,
  name: ExportOptions['format'],
  records: Pick<Records, 'lastCheckpoint'>,
): Promise<Format> {
  switch (name) {
    case 'jsonl':
      return { header: '', line: (entry) => `${auditLine(entry)}\n` };
    case 'csv': {
      const { AUDIT_CSV_HEADER, auditCsvLine } = await import('../../views/export/audit-csv.ts');
      return { header: AUDIT_CSV_HEADER, line: auditCsvLine };
    }
    case 'ocsf': {
      const { createOcsfMapper } = await import('../../views/export/ocsf.ts');
      return jsonLines(createOcsfMapper(cli.parts.version));
    }
    case 'cadf': {
      const { createCadfMapper } = await import('../../views/export/cadf.ts');
      const { key } = await records.lastCheckpoint();
      return jsonLines(createCadfMapper(key?.split('+')[0] ?? 'restore-watcher'));
    }
  }
}

function jsonLines(map: (entry: AuditEntry) => object | null): Format {
  return {
    header: '',
    line: (entry) => {
      const mapped = map(entry);
      return mapped === null ? '' : `${JSON.stringify(mapped)}\n`;
    },
  };
}

function isWithin({ at }: AuditEntry, { since, until }: ExportOptions): boolean {
  const instant = Date.parse(at);
  return (since === undefined || instant >= since) && (until === undefined || instant < until);
}
