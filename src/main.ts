#!/usr/bin/env node
/**
 * The entry point. Looks at the runtime before it loads anything else: an older Node would fail on some import, with a message that
 * helps nobody.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthAnswer } from './cli/commands/healthcheck/ask.ts';

const NEEDED = [24, 15] as const;
/** Where a build keeps the program compiled; a checkout has none. */
const COMPILED = join(import.meta.dirname, 'compile-cache');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `restore-watcher needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}.\n` +
      'Without installing one: "npx -p node@24 -p atlas-restore-watcher restore-watcher <command>". In a checkout "npm ci" brings it, and ' +
      '"npm run restore-watcher -- <command>" uses it.\n',
  );
  process.exitCode = 2;
} else {
  // Schedules are read in UTC, and so is everything that is printed: no part is to go by the zone that the process lives in.
  process.env.TZ = 'UTC';
  void start(process.argv.slice(2));
}

async function start(argv: readonly string[]): Promise<void> {
  // Before the rest, which takes a while to load.
  const { holdEarlySignals } = await import('./app/early-signals.ts');
  const early = holdEarlySignals(argv);
  const healthAnswer = argv.includes('healthcheck') ? await askHealth(argv) : null;
  if (healthAnswer === 'said') return;
  // Portable: the folder may have been moved since. What another Node or user has compiled is not used, and nothing is amiss then.
  if (existsSync(COMPILED)) {
    process.getBuiltinModule('node:module').enableCompileCache({ directory: COMPILED, portable: true });
  }
  const { main } = await import('./app/composition.ts');
  process.exitCode = await main(argv, early, healthAnswer);
}

/** Says when all is well; else the whole program has to look, and to find the words. */
async function askHealth(argv: readonly string[]): Promise<HealthAnswer | 'said' | null> {
  const { askQuickly, sayAlive } = await import('./cli/commands/healthcheck/quick.ts');
  const answer = await askQuickly(argv, process.env);
  return answer?.kind === 'alive' && (await sayAlive(process.stdout, process.env)) ? 'said' : answer;
}
