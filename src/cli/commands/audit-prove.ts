import type { Command } from 'commander';
import { parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import type { VerifierKey } from '../../domain/evidence/signed-note.ts';
import { type Cli, onAction } from '../command.ts';
import { UsageError } from '../errors.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { count, printable, toJson } from '../view/text.ts';
import { NOT_SIGNED_YET } from './audit-checkpoint.ts';

interface ProveOptions extends RecordsOptions {
  out: string;
}

/** Adds `audit prove`: the entries of a job, each with a proof that needs no log. */
export function addAuditProve(cli: Cli, audit: Command): void {
  const prove = audit
    .command('prove')
    .argument('<job>', 'its id, in any form that messages show')
    .description(
      'write the entries of a job with proofs that they are in the audit log, to be checked without it',
    )
    .requiredOption('--out <dir>', 'the directory to write to; it is made when it is missing')
    .addHelpText(
      'after',
      '\nWhoever has the key verifies them: restore-watcher audit verify --proof DIR --key VKEY\nor any program that reads C2SP tlog-proof.',
    );
  onAction<ProveOptions>(cli, addRecordsOptions(prove), (options, [job = '']) =>
    proveEntries(cli, options, job),
  );
}

async function proveEntries(cli: Cli, options: ProveOptions, job: string): Promise<number> {
  const found = await withRecords(cli, options, 'readonly', async ({ records }) => {
    const { last } = await records.lastCheckpoint();
    const checkpoint = last === null ? null : parseCheckpoint(last.note);
    if (last === null || checkpoint === null) return null;
    const id = await records.resolveJob(job);
    const read = (after: number, limit: number) => records.readAudit(after, limit);
    return {
      id,
      size: checkpoint.size,
      ...(await cli.parts.proveJob(read, id, { checkpoint, note: last.note, out: options.out })),
    };
  });
  if (found === null) {
    cli.err.line(NOT_SIGNED_YET);
    return 1;
  }
  const { id, size, proven, unsigned } = found;
  for (const { entry } of proven) cli.out.line(`entry ${entry.seq}  ${entry.at}  ${printable(entry.kind)}`);
  cli.out.line(
    `${count(proven.length, 'entry', 'entries')} of job ${printable(id)}, proved by a checkpoint of ${size} entries`,
  );
  if (unsigned > 0)
    cli.err.line(
      `${count(unsigned, 'entry', 'entries')} behind that checkpoint: ask again after the next one`,
    );
  if (proven.length + unsigned === 0) cli.err.line('The audit log holds no entry about this job.');
  return proven.length === 0 || unsigned > 0 ? 1 : 0;
}

/** Verifies proofs, and prints what of each; exit code 1 when one of them proves nothing. @throws {UsageError} without a key. */
export async function verifyProofs(
  { out, parts }: Cli,
  { proof, key, json }: { proof: string; key: VerifierKey | null; json: boolean },
): Promise<number> {
  if (key === null)
    throw new UsageError(
      '--proof goes with --key: a proof says nothing to somebody who does not know by whom the log is signed',
    );
  const checked = await parts.checkProofs(proof, key);
  const areSound = checked.every(({ fault }) => fault === null);
  if (json) {
    const proofs = checked.map(({ file, entry, size, fault }) => ({
      file,
      seq: entry?.seq ?? null,
      size,
      fault,
    }));
    out.line(toJson({ ok: areSound, proofs }));
    return areSound ? 0 : 1;
  }
  for (const { file, entry, size, fault } of checked) {
    if (fault === null && entry !== null)
      out.line(`entry ${entry.seq}  ${entry.at}  ${printable(entry.kind)}: in the log of ${size} entries`);
    else out.line(out.paint('red', `${printable(file)}: ${printable(fault ?? '')}`));
  }
  if (areSound)
    out.line(out.paint('green', `All are in the log ${printable(key.name)}, as they were written.`));
  return areSound ? 0 : 1;
}
