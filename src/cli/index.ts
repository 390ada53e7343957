import { Command } from 'commander';
import { redactTexts } from '../domain/redact-texts.ts';
import { type Cli, configOption, createCli } from './command.ts';
import { addAttest } from './commands/attest.ts';
import { addAudit } from './commands/audit.ts';
import { addCheck } from './commands/check/check.ts';
import { addCompletion } from './commands/completion/completion.ts';
import { addDeliveries } from './commands/deliveries/deliveries.ts';
import { addHealthcheck } from './commands/healthcheck/healthcheck.ts';
import { addHistory } from './commands/history.ts';
import { addInit } from './commands/init/init.ts';
import { addJobs } from './commands/jobs.ts';
import { addMute } from './commands/mute/mute.ts';
import { addNotify } from './commands/notify/notify.ts';
import { addOnce } from './commands/once.ts';
import { addRoutes } from './commands/routes/routes.ts';
import { addRun } from './commands/run.ts';
import { addSchema } from './commands/schema.ts';
import { addStatus } from './commands/status.ts';
import { addStore } from './commands/store/store.ts';
import { addWait } from './commands/wait/wait.ts';
import { EXIT, explain } from './errors.ts';
import type { CliParts } from './parts.ts';
import { OutputClosed } from './view/output.ts';
import { toJson, toJsonLine } from './view/text.ts';

/**
 * Runs one command line (`argv` without the program's own name) and resolves to the exit code: 0 done, 1 it failed, 2 usage or
 * configuration. Never rejects: the one place where errors become text.
 */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<number> {
  const cli = createCli(parts);
  try {
    await buildProgram(cli).parseAsync(argv, { from: 'user' });
    await cli.out.flush();
    return cli.exitCode;
  } catch (thrown) {
    return report(cli, thrown);
  }
}

/** Says what went wrong: to people on stderr, and with `--json` to the script that reads stdout as well. */
function report(cli: Cli, thrown: unknown): number {
  if (thrown instanceof OutputClosed) return cli.exitCode;
  const { exitCode, lines, json: said } = explain(thrown);
  const { redact } = cli.parts;
  const json = redact ? redactTexts(said, redact) : said;
  try {
    if (cli.wantsJson && json !== null) cli.out.line(cli.writesJsonLines ? toJsonLine(json) : toJson(json));
    for (const line of lines) cli.err.line(line);
  } catch {
    // Nobody is listening any more; the exit code still tells.
  }
  return exitCode === EXIT.done ? cli.exitCode : exitCode;
}

/** Builds the whole command line. Help and usage errors go through `cli`, and end by an exception rather than the process. */
export function buildProgram(cli: Cli): Command {
  const config = configOption();
  const program = new Command('restore-watcher')
    .description('Watches MongoDB Atlas restore jobs and tells the right people about every change.')
    .version(cli.parts.version, '-V, --version', 'print the version')
    .addOption(config)
    .exitOverride()
    .showHelpAfterError('Add --help to see what there is.')
    // Of the options further up, only this one means anything to every command.
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: ({ parent }) => (parent ? [config] : []),
    })
    .configureOutput({
      writeOut: (text) => cli.out.write(text),
      writeErr: (text) => cli.err.write(text),
      getOutHelpWidth: () => helpWidth(cli.out.width),
      getErrHelpWidth: () => helpWidth(cli.err.width),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', EXAMPLES);
  addRun(cli, program);
  addOnce(cli, program);
  addWait(cli, program);
  addInit(cli, program);
  addCheck(cli, program);
  addNotify(cli, program);
  addRoutes(cli, program);
  addMute(cli, program);
  addStatus(cli, program);
  addJobs(cli, program);
  addHistory(cli, program);
  addDeliveries(cli, program);
  addAttest(cli, program);
  addAudit(cli, program);
  addStore(cli, program);
  addHealthcheck(cli, program);
  addSchema(cli, program);
  addCompletion(cli, program);
  return program;
}

const WIDEST_HELP = 100;

function helpWidth(width: number): number {
  return Math.min(WIDEST_HELP, width);
}

const EXAMPLES = `
Examples:
  restore-watcher demo                               see it work; needs no account
  restore-watcher init                               log in, and write a first configuration
  restore-watcher check --online                     is all sound, and does every watch get to its jobs?
  restore-watcher notify test --channel oncall       does the message arrive?
  restore-watcher run                                the daemon
  restore-watcher wait orders --timeout 2h           until its restores have ended
  restore-watcher status                             is all well, what comes next?
  restore-watcher history --since 7d                 what happened, and who was told
  restore-watcher deliveries redrive --given-up      try again what could not be delivered

Exit codes: 0 done, 1 it failed, 2 usage or configuration. Those of wait: "wait --help".`;
