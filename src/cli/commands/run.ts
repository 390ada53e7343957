import type { Command } from 'commander';
import { type Cli, type CommonOptions, onAction } from '../command.ts';

/** `run`, `demo`: what goes on until it is told to stop. */
export function addRun(cli: Cli, program: Command): void {
  const run = program
    .command('run')
    .description('watch and deliver until stopped (SIGTERM or SIGINT; a second one leaves at once)');
  onAction<CommonOptions>(cli, run, async ({ config }) =>
    cli.parts.runDaemon(await cli.parts.loadConfig(config)),
  );

  const demo = program
    .command('demo')
    .description(
      'the real daemon against a built-in Atlas and local receivers; needs no account, takes a minute',
    )
    .option('--keep', 'keep it running until stopped');
  onAction<{ keep?: true }>(cli, demo, ({ keep }) => cli.parts.runDemo({ keep: keep === true }));
}
