import { type Command, Option } from 'commander';
import { type AuditEntry, type AuditLine, auditLine, parseAuditEntry } from '../../domain/audit.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { StoreError } from '../../errors.ts';
import type { Records } from '../../views/records/records.ts';
import { type Cli, onAction, timeOption } from '../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { NOTHING_RECORDED } from '../view/listing.ts';

const FORMATS = ['jsonl', 'csv'] as const;

interface ExportOptions extends RecordsOptions {
  format: (typeof FORMATS)[number];
  since?: Timestamp;
  until?: Timestamp;
}

const PORTION = 500;

/** RFC 4180, with the data as JSON in one field. */
const CSV_HEADER = 'seq,at,kind,data,prev,hash\r\n';

/** Adds `audit export`: the log as JSON lines or CSV, as a stream. */
export function addAuditExport(cli: Cli, audit: Command): void {
  const command = audit
    .command('export')
    .description('write the audit log to standard output, the oldest entry first')
    .addOption(
      new Option('--format <format>', 'jsonl: one entry a line, as in the mirror file')
        .choices(FORMATS)
        .default('jsonl'),
    )
    .addOption(timeOption(cli, 'since', 'written at or after this time'))
    .addOption(timeOption(cli, 'until', 'written before this time'))
    .addHelpText('after', '\nExample:\n  restore-watcher audit export --format csv --since 30d > audit.csv');
  onAction<ExportOptions>(cli, addRecordsOptions(command), (options) => exportAudit(cli, options));
}

async function exportAudit(cli: Cli, options: ExportOptions): Promise<number> {
  const format = options.format === 'csv' ? csvLine : jsonLine;
  // Behind what may be refused: a header alone is the table of a log that is empty, and not of one that cannot be read.
  const begin = (): void => void (options.format === 'csv' && cli.out.write(CSV_HEADER));
  const done = await withRecords(cli, options, 'readonly', async ({ records }) => {
    begin();
    for await (const entries of portions(records)) {
      const wanted = entries.filter((entry) => isWithin(entry, options));
      if (wanted.length > 0) cli.out.write(wanted.map(format).join(''));
      await cli.out.flush();
    }
    return true;
  });
  if (done === null) {
    begin();
    cli.err.line(NOTHING_RECORDED);
  }
  return 0;
}

/** The log in portions, so that its length does not matter. What is written meanwhile may come along. */
async function* portions(records: Pick<Records, 'readAudit'>): AsyncGenerator<AuditEntry[]> {
  let last = 0;
  for (;;) {
    const { lines } = await records.readAudit(last, PORTION);
    const newest = lines.at(-1);
    if (newest === undefined) return;
    yield lines.map(entryOf);
    last = newest.seq;
  }
}

function entryOf({ seq, body }: AuditLine): AuditEntry {
  const entry = parseAuditEntry(body);
  if (entry?.seq === seq) return entry;
  throw new StoreError('damaged', `audit entry ${seq} cannot be read back`, {
    hint: '"restore-watcher audit verify" says what is wrong.',
  });
}

function isWithin({ at }: AuditEntry, { since, until }: ExportOptions): boolean {
  const instant = Date.parse(at);
  return (since === undefined || instant >= since) && (until === undefined || instant < until);
}

function jsonLine(entry: AuditEntry): string {
  return `${auditLine(entry)}\n`;
}

function csvLine({ seq, at, kind, data, prev, hash }: AuditEntry): string {
  return `${[String(seq), at, kind, JSON.stringify(data), prev, hash].map(csvField).join(',')}\r\n`;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
