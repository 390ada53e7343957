import {
  type Diagnosis,
  failedStep,
  STEPS,
  type Step,
  type StepFault,
  type StepName,
  type Suggestion,
} from '../../../diagnosis/diagnosis.ts';
import type { Cli } from '../../command.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { count, printable } from '../../view/text.ts';

/** What each step is called for people. */
export const STEP_WORDS: Readonly<Record<StepName, string>> = {
  connection: 'connection',
  credential: 'credential',
  accessList: 'access list',
  project: 'project',
  instance: 'instance',
  job: 'jobs',
};

/** Of those that meet the same fault; the table has all. */
const WATCHES_NAMED = 5;

/** How far each watch gets, then each fault once with what to do, then what is odd. */
export function printDiagnoses(cli: Cli, diagnoses: readonly Diagnosis[]): void {
  const { out } = cli;
  out.line(`\n${out.paint('bold', 'Atlas')}`);
  const columns: Array<Column<Diagnosis>> = [
    { title: 'WATCH', value: ({ watch }) => watch, shrinks: true },
    ...STEPS.map((step, index) => stepColumn(cli, step, index)),
  ];
  for (const line of formatTable(diagnoses, columns, out.width - 2)) out.line(`  ${line}`);
  for (const { watches, step, fault } of faultsOf(diagnoses)) printFault(cli, watches, step, fault);
  printOddities(cli, diagnoses);

  const faulty = diagnoses.filter(({ ok }) => !ok).length;
  out.line(
    faulty === 0
      ? `\n${out.paint('green', `Atlas can be read for ${count(diagnoses.length, 'watch', 'watches')}.`)}`
      : `\n${out.paint('red', `${faulty} of ${count(diagnoses.length, 'watch', 'watches')} cannot be polled.`)}`,
  );
}

function stepColumn({ out }: Cli, name: StepName, index: number): Column<Diagnosis> {
  const outcome = ({ steps }: Diagnosis): Step['outcome'] => steps[index]?.outcome ?? 'skipped';
  const colours = { ok: 'green', failed: 'red', skipped: 'dim' } as const;
  return {
    title: STEP_WORDS[name].toUpperCase(),
    value: (diagnosis) => (outcome(diagnosis) === 'skipped' ? '-' : outcome(diagnosis)),
    paint: (cell, diagnosis) => out.paint(colours[outcome(diagnosis)], cell),
  };
}

interface SharedFault {
  watches: string[];
  step: StepName;
  fault: StepFault;
}

/** Each fault once, with all the watches that meet it. */
function faultsOf(diagnoses: readonly Diagnosis[]): SharedFault[] {
  const faults = new Map<string, SharedFault>();
  for (const diagnosis of diagnoses) {
    const fault = failedStep(diagnosis);
    if (fault === null) continue;
    const key = JSON.stringify([diagnosis.connection, fault]);
    const shared = faults.get(key) ?? { watches: [], step: fault.step, fault };
    shared.watches.push(diagnosis.watch);
    faults.set(key, shared);
  }
  return [...faults.values()];
}

function printFault({ out }: Cli, watches: readonly string[], step: StepName, fault: StepFault): void {
  const { message, hint, suggestion } = fault;
  const some = watches.slice(0, WATCHES_NAMED).join(', ');
  const more = watches.length > WATCHES_NAMED ? ` and ${watches.length - WATCHES_NAMED} more` : '';
  out.line(`\n${out.paint('bold', printable(some + more))}: ${out.paint('red', STEP_WORDS[step])}`);
  out.line(`  ${printable(message)}`);
  if (hint !== null) out.line(`  hint: ${printable(hint)}`);
  if (suggestion !== null) out.line(`  write: ${printable(asWritten(suggestion))}`);
}

/** As it stands in the configuration: `"kind": "flex", "instanceName": "orders"`. */
function asWritten(suggestion: Suggestion): string {
  return Object.entries(suggestion)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(', ');
}

function printOddities({ out }: Cli, diagnoses: readonly Diagnosis[]): void {
  const oddities = diagnoses.flatMap(({ watch, steps }) =>
    steps.flatMap((step) =>
      step.outcome === 'ok' && step.warning !== null
        ? [`${watch}: ${STEP_WORDS[step.step]}: ${step.warning}`]
        : [],
    ),
  );
  if (oddities.length === 0) return;
  out.line(`\n${out.paint('yellow', 'Odd')}`);
  for (const oddity of oddities) out.line(`  ${printable(oddity)}`);
}
