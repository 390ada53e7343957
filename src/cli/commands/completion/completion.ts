import { Argument, type Command } from 'commander';
import { type Cli, onAction } from '../../command.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { addCompletionNames } from './names.ts';
import { type CommandWords, vocabularyOf } from './vocabulary.ts';
import { zshCompletion } from './zsh.ts';

const SCRIPTS = new Map<string, (vocabulary: readonly CommandWords[]) => string>([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** Adds `completion`: prints a script by which a shell completes commands, options and what they may be. */
export function addCompletion(cli: Cli, program: Command): void {
  addCompletionNames(cli, program);
  const command = program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SCRIPTS.keys()]))
    .addHelpText(
      'after',
      `
In ~/.bashrc:                    source <(restore-watcher completion bash)
In ~/.zshrc, after compinit:     source <(restore-watcher completion zsh)
In ~/.config/fish/config.fish:   restore-watcher completion fish | source`,
    );
  onAction(cli, command, async (_options, [shell = '']) => {
    // Now, and not before: every command has its place in the program by then.
    cli.out.write(SCRIPTS.get(shell)?.(vocabularyOf(program)) ?? '');
    return 0;
  });
}
