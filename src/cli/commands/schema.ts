import type { Command } from 'commander';
import { type Cli, onAction } from '../command.ts';

/** Adds `schema`: prints the JSON Schema of the configuration. */
export function addSchema(cli: Cli, program: Command): void {
  const command = program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors ("$schema")');
  onAction(cli, command, async () => {
    const text = cli.parts.jsonSchema();
    cli.out.write(text.endsWith('\n') ? text : `${text}\n`);
    return 0;
  });
}
