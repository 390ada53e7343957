import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { AuditCheck } from '../../audit/check.ts';
import type { StoreAccess } from '../../config/store-access.ts';
import { parseVerifierKey, parseWitnessKey, type VerifierKey } from '../../domain/evidence/signed-note.ts';
import { FAULT_WORDS } from '../../domain/evidence/wrong-entry.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../command.ts';
import { UsageError } from '../errors.ts';
import { accessFor, storeOption } from '../records.ts';
import { count, printable, toJson } from '../view/text.ts';
import { addAuditCheckpoint } from './audit-checkpoint.ts';
import { addAuditCoverage } from './audit-coverage.ts';
import { addAuditExport } from './audit-export.ts';
import { addAuditProve, verifyProofs } from './audit-prove.ts';
import { addAuditReport } from './audit-report.ts';

interface VerifyOptions extends CommonOptions {
  file?: string[];
  key?: string;
  checkpoint?: string[];
  witness?: string[];
  proof?: string;
  store?: string;
}

/** Adds `audit` with its commands. */
export function addAudit(cli: Cli, program: Command): void {
  const audit = program.command('audit').description('verify, sign or export the audit log');
  const verify = audit
    .command('verify')
    .description('verify that nothing in the audit log was changed, removed or put in another order')
    .option(
      '--file <file>',
      'the mirror file, in place of the configured one; alone where there is no configuration; several times for pieces of a rotation that do not lie beside it',
      (file: string, before: string[] = []) => [...before, file],
    )
    .option('--key <key>', 'the verifier key, as "audit key" prints it and you have kept it')
    .option(
      '--checkpoint <file>',
      'a checkpoint that was kept elsewhere, or a file with one a line; several times for several',
      (file: string, before: string[] = []) => [...before, file],
    )
    .option(
      '--witness <key>',
      'the key of a witness that must have cosigned each --checkpoint, or else the log; several times for several',
      (key: string, before: string[] = []) => [...before, key],
    )
    .option(
      '--proof <path>',
      'verify these proofs alone, without a log: a file or a directory as "audit prove" writes it',
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nChecks the chain in the store and in the mirror file, that both say the same, and every checkpoint. Exits with 1 on any problem.\nWhat was found is noted in the store of the configuration, for the page; with --store nothing is written.\nWith --file and --key nothing else is needed: no configuration, no store. With --proof and --key, not even the log.',
    );
  onAction<VerifyOptions>(cli, verify, (options) => verifyAudit(cli, options));
  addAuditReport(cli, audit);
  addAuditExport(cli, audit);
  addAuditCheckpoint(cli, audit);
  addAuditCoverage(cli, audit);
  addAuditProve(cli, audit);
}

async function verifyAudit(cli: Cli, options: VerifyOptions): Promise<number> {
  const { proof } = options;
  if (proof !== undefined)
    return verifyProofs(cli, { proof, key: keyOf(options), json: options.json === true });
  const config = await configOrNone(cli, options);
  const files = options.file ?? [mirrorOf(config, options)];
  const verdict = await cli.parts.verifyAudit({
    config,
    files,
    key: keyOf(options),
    checkpoints: options.checkpoint ?? [],
    witnesses: witnessesOf(options),
    // A store that is named by hand is a copy, or somebody else's: it is left as it is.
    isNoted: options.store === undefined,
  });
  const isSound = verdict.problems.length === 0;
  if (options.json) cli.out.line(toJson({ ok: isSound, ...verdict }));
  else printVerdict(cli, verdict);
  return isSound ? 0 : 1;
}

/**
 * An auditor holds the file and perhaps nothing else: with `--file`, a configuration that is not there is not missed. Of one that is
 * there, neither the secrets nor the rest are needed.
 */
async function configOrNone(cli: Cli, options: VerifyOptions): Promise<StoreAccess | null> {
  if (options.file !== undefined && options.store === undefined && !existsSync(options.config)) return null;
  return accessFor(cli, options);
}

/** Of a file that is taken for the wrong one, nothing would be verified, and all be well. @throws {UsageError} */
function mirrorOf(config: StoreAccess | null, { store }: VerifyOptions): string {
  if (config?.audit) return config.audit.file;
  const why =
    store === undefined
      ? `audit.file cannot be read with certainty: ${config?.fault}`
      : '--store does not say where the mirror of the audit log lies';
  throw new UsageError(why, 'Name it with --file.');
}

/** @throws {UsageError} for what is no key of a witness. */
function witnessesOf({ witness = [] }: VerifyOptions): VerifierKey[] {
  return witness.map((text) => {
    const key = parseWitnessKey(text);
    if (key === null)
      throw new UsageError('--witness is no verifier key of a witness: expected NAME+ID+BASE64');
    return key;
  });
}

/** @throws {UsageError} for what is no verifier key. */
function keyOf({ key }: VerifyOptions): VerifierKey | null {
  if (key === undefined) return null;
  const parsed = parseVerifierKey(key);
  if (parsed === null)
    throw new UsageError(
      '--key is no verifier key: expected NAME+ID+BASE64, whole, as "audit key" prints it',
    );
  return parsed;
}

function printVerdict({ out }: Cli, verdict: AuditCheck): void {
  const { checked, head, problems, first, checkpoints, notes } = verdict;
  for (const { what, where, entries } of checked) {
    out.line(`${what.padEnd(5)}  ${printable(where)}: ${count(entries, 'entry', 'entries')}`);
  }
  if (checked.length === 0 && problems.length === 0) out.line('There is no audit log yet.');
  if (head !== null) out.line(`last sound entry  ${head.seq}, ${head.hash}`);
  if (checkpoints > 0) out.line(`checkpoints       ${checkpoints} agree`);
  for (const note of notes) out.line(`note  ${printable(note)}`);
  if (first !== null) out.line(`first wrong entry  ${first.entry}, ${FAULT_WORDS[first.how]}`);
  if (problems.length === 0) {
    if (checked.length > 0) out.line(out.paint('green', 'All as it was written.'));
    return;
  }
  out.line(out.paint('red', `${count(problems.length, 'problem')}:`));
  for (const problem of problems) out.line(`  ${printable(problem)}`);
}
