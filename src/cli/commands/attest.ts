import { type Command, Option } from 'commander';
import {
  ATTESTATION_RESULTS,
  type Attestation,
  type AttestationResult,
  CLEAN_UPS,
  type CleanUp,
} from '../../domain/evidence/attestation.ts';
import { attestationView } from '../../views/attestations.ts';
import { type Cli, jsonOption, onAction } from '../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { attestationText } from '../view/attestation-text.ts';
import { nothingRecorded } from '../view/listing.ts';
import { printable, toJson } from '../view/text.ts';
import { parseText } from './mute/options.ts';

interface AttestOptions extends RecordsOptions {
  result: AttestationResult;
  by: string;
  ticket?: string;
  note?: string;
  cleanUp?: CleanUp;
}

const EXAMPLES = `
Examples:
  restore-watcher attest 6b0a…005b --result passed --by "Ann Example" --ticket OPS-17 --note "4,211,003 rows, as in the source"
  restore-watcher attest 6b0a005b --result failed --by ci --server https://watcher.example.com --token "$TOKEN"`;

/** Adds `attest`: somebody says whether the data of a restore is what it should be. */
export function addAttest(cli: Cli, program: Command): void {
  const command = program
    .command('attest')
    .description('say whether the data of a restore is what it should be; the audit log keeps it')
    .argument('<job>', 'which restore (its id whole, its beginning, or 6080…8293 as messages show it)')
    .addOption(
      new Option('--result <result>', 'what came of looking at the data')
        .choices(ATTESTATION_RESULTS)
        .makeOptionMandatory(),
    )
    .requiredOption('--by <name>', 'who says it', parseText)
    .option('--ticket <ticket>', 'where the work is tracked', parseText)
    .option('--note <text>', 'what was compared, such as counts of rows or checksums', parseText)
    .addOption(new Option('--clean-up <state>', 'what became of the restored test data').choices(CLEAN_UPS))
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  onAction<AttestOptions>(cli, addRecordsOptions(command), (options, [job = '']) =>
    attestJob(cli, options, job),
  );
}

async function attestJob(cli: Cli, options: AttestOptions, job: string): Promise<number> {
  const { result, by, ticket = null, note = null, cleanUp = null } = options;
  const attestation = await withRecords(cli, options, 'readwrite', ({ records }) =>
    records.attest({ job, result, by, ticket, note, cleanUp }),
  );
  if (attestation === null) throw nothingRecorded();
  if (options.json) cli.out.line(toJson(attestationView(attestation)));
  else printAttested(cli, attestation);
  return 0;
}

function printAttested({ out }: Cli, attestation: Attestation): void {
  out.line(printable(`Restore ${attestation.jobId} ${attestationText(attestation)}.`));
  out.line('The audit log keeps it; "history" and "audit report" show it.');
}
