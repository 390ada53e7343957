import type { Command } from 'commander';
import type { Cli } from '../../command.ts';
import { addMigrate } from './migrate.ts';

/** Adds `store` with `migrate`. */
export function addStore(cli: Cli, program: Command): void {
  const store = program.command('store').description('move what is kept to another database');
  addMigrate(cli, store);
}
