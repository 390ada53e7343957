import type { Command } from 'commander';
import type { StoreAddress } from '../../../store/ports/address.ts';
import type { CopyProgress } from '../../../store/ports/copying.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import type { StoreMove } from '../../parts.ts';
import { count, printable, toJson } from '../../view/text.ts';

interface MigrateOptions extends CommonOptions {
  to: string;
  schema?: string;
  caFile?: string;
}

/** Adds `store migrate`, which copies the store into an empty one. The daemon must not run. */
export function addMigrate(cli: Cli, store: Command): void {
  const command = store
    .command('migrate')
    .description('copy the store, audit log and all, into an empty one, and verify the copy')
    .requiredOption('--to <url>', 'the other store, as store.url names it, with the same placeholders')
    .option('--schema <name>', 'where that is a PostgreSQL: its store.schema')
    .option('--ca-file <file>', 'where that is a PostgreSQL: its store.caFile')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nStop the daemon first. The copy is made in one transaction: whatever stops it leaves the other store empty, and it can be begun again. The store that is copied stays as it is.',
    );
  onAction<MigrateOptions>(cli, command, (options) => migrate(cli, options));
}

async function migrate(cli: Cli, options: MigrateOptions): Promise<number> {
  const { store } = await cli.parts.readAccess(options.config);
  const move = await cli.parts.moveStore({ from: store, to: targetOf(options) }, tellProgress(cli, options));
  if (options.json) cli.out.line(toJson(viewOf(move)));
  else print(cli, move, options);
  return move.audit.problems.length === 0 ? 0 : 1;
}

/** The other store, as `store` in the configuration names it. */
function targetOf({ to, schema, caFile }: MigrateOptions): StoreAddress {
  return {
    url: to,
    ...(schema === undefined ? {} : { schema }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

/** A line for each tenth, for people who wait: on standard error, so that what the command comes to stands alone. */
function tellProgress(cli: Cli, { json }: CommonOptions): (progress: CopyProgress) => void {
  let told = '';
  return ({ stage, rows, of }) => {
    const tenth = of === 0 ? 10 : Math.floor((10 * rows) / of);
    const line = `${stage === 'copying' ? 'copying' : 'reading back'}: ${tenth * 10} % of ${count(of, 'row')}`;
    if (json || line === told) return;
    told = line;
    cli.err.line(line);
  };
}

function viewOf({ from, to, tables, audit: { entries, head, problems } }: StoreMove): object {
  return {
    ok: problems.length === 0,
    from,
    to,
    rows: Object.fromEntries(tables.map(({ table, rows }) => [table, rows])),
    audit: { entries, head: head.seq === 0 ? null : head, problems },
  };
}

function print({ out }: Cli, { from, to, tables, audit }: StoreMove, options: MigrateOptions): void {
  const rowsOf = (name: string): number => tables.find(({ table }) => table === name)?.rows ?? 0;
  const what = [
    count(rowsOf('observation'), 'job'),
    count(rowsOf('event'), 'event'),
    count(rowsOf('delivery'), 'delivery', 'deliveries'),
    count(rowsOf('audit_entry'), 'audit entry', 'audit entries'),
  ];
  out.line(`Copied ${printable(from)} to ${printable(to)}: ${what.join(', ')}.`);
  out.line('Every row was read back, and is as it was.');
  if (audit.problems.length > 0) {
    out.line(
      out.paint('red', 'The audit log is not whole, in the copy as in the store that it was made of:'),
    );
    for (const problem of audit.problems) out.line(`  ${printable(problem)}`);
    out.line('"restore-watcher audit verify" says the same of that one, and more.');
  } else if (audit.head.seq > 0)
    out.line(`The audit log is whole; its last entry is ${audit.head.seq}, ${audit.head.hash}.`);
  out.line();
  out.line('Next:');
  const target = targetOf(options);
  const next = JSON.stringify({ ...target, url: shown(target.url) }, null, 1).replace(/\n ?/g, ' ');
  out.line(`  1. In ${printable(options.config)}: "store": ${next}`);
  out.line('  2. restore-watcher check');
  out.line(
    `  3. Start the daemon. ${printable(from)} stays as it is: keep it for a way back, and let no daemon use it.`,
  );
}

/** A password, in the place where it stands in a URL; none where that is a placeholder. */
const PASSWORD = /^(\w+:\/\/[^/@:]*:)(?!\$\{)[^/@]+@/;

/** As it was written, but for a password. */
function shown(url: string): string {
  return url.replace(PASSWORD, (_all, before: string) => `${before}\${DATABASE_PASSWORD}@`);
}
