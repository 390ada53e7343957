import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { StoreError } from '../../errors.ts';
import type { LastCheckpoint, MadeCheckpoint } from '../../store/ports/audit.ts';
import { type Cli, onAction } from '../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';

/** Said where there is no checkpoint. */
export const NOT_SIGNED_YET =
  'Nothing is signed yet: the daemon signs the audit log a minute after its first start, and when it stops.';

/** Adds `audit key` and `audit checkpoint`: what to keep elsewhere, so that nobody can write the log anew unnoticed. */
export function addAuditCheckpoint(cli: Cli, audit: Command): void {
  const key = audit.command('key').description('print the key by which others verify the checkpoints');
  onAction<RecordsOptions>(cli, addRecordsOptions(key), (options) => printKey(cli, options));
  const checkpoint = audit
    .command('checkpoint')
    .description('print the last checkpoint: how the audit log stood, signed')
    .option('--out <file>', 'write it to a file, to be kept where nobody changes it')
    .addHelpText(
      'after',
      '\nLater, "audit verify --checkpoint FILE" proves that nothing before it was changed since.',
    );
  onAction<RecordsOptions & { out?: string }>(cli, addRecordsOptions(checkpoint), (options) =>
    printCheckpoint(cli, options),
  );
}

async function printKey(cli: Cli, options: RecordsOptions): Promise<number> {
  const { key } = await lastOf(cli, options);
  if (key !== null) cli.out.line(key);
  else cli.err.line(NOT_SIGNED_YET);
  return key === null ? 1 : 0;
}

async function printCheckpoint(cli: Cli, options: RecordsOptions & { out?: string }): Promise<number> {
  const { last } = await lastOf(cli, options);
  if (last === null) {
    cli.err.line(NOT_SIGNED_YET);
    return 1;
  }
  if (options.out === undefined) cli.out.write(last.note);
  else await writeNote(options.out, last);
  return 0;
}

async function lastOf(cli: Cli, options: RecordsOptions): Promise<LastCheckpoint> {
  const found = await withRecords(cli, options, 'readonly', ({ records }) => records.lastCheckpoint());
  return found ?? { key: null, last: null };
}

async function writeNote(file: string, { note }: MadeCheckpoint): Promise<void> {
  try {
    await writeFile(file, note);
  } catch (cause) {
    throw new StoreError('unavailable', `${file}: cannot write the checkpoint`, {
      hint: 'Check that its directory is there and may be written.',
      cause,
    });
  }
}
