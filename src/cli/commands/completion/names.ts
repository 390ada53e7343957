import { Argument, type Command } from 'commander';
import { ConfigError, StoreError } from '../../../errors.ts';
import { type Cli, onAction } from '../../command.ts';

/** What the configuration gives a name to, and a command line may name. */
export type NamedThing = 'watches' | 'channels';

/** The command that a completion script asks for names. No help shows it: it is for scripts alone. */
export const NAMES_COMMAND = 'completion-names';

/**
 * Adds the command that prints the names of watches or channels, one a line: as far as a configuration with faults can be read, and without
 * its secrets. It says nothing where there is none, since whoever presses a key wants no error.
 */
export function addCompletionNames(cli: Cli, program: Command): void {
  const command = program
    .command(NAMES_COMMAND, { hidden: true })
    .addArgument(new Argument('<what>', 'names of what').choices(['watches', 'channels']));
  onAction(cli, command, async ({ config }, [what = '']) => {
    for (const name of await namesIn(cli, config, what as NamedThing)) cli.out.line(name);
    return 0;
  });
}

async function namesIn(cli: Cli, config: string, what: NamedThing): Promise<string[]> {
  try {
    const access = await cli.parts.readAccess(config);
    return access[what].map(({ name }) => name).filter((name) => IS_ONE_WORD.test(name));
  } catch (thrown) {
    if (thrown instanceof ConfigError || thrown instanceof StoreError) return [];
    throw thrown;
  }
}

/** A word that no shell reads anything into. */
const IS_ONE_WORD = /^[\p{L}\p{N}_.:@%+/-]+$/u;
