import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { diagnoseConfig, surveyConfig } from '../../../src/app/one-off.ts';
import type { CliParts } from '../../../src/cli/parts.ts';
import { systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createRedactor } from '../../../src/net/redact/redactor.ts';
import { type AtlasSimulator, startAtlas } from '../../../src/simulator/atlas/atlas.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { cli, type Run } from '../harness.ts';

export const KEYS = { publicKey: 'canary-public', privateKey: 'canary-private' };
export const ACCOUNT = { clientId: 'mdb_sa_id_canary', clientSecret: 'mdb_sa_sk_canary' };
export const IN_ENV = { ATLAS_PUBLIC_KEY: KEYS.publicKey, ATLAS_PRIVATE_KEY: KEYS.privateKey };

export const SHOP = '64b0c1d2e3f4a5b6c7d8e9f0';
export const MONEY = '64b0c1d2e3f4a5b6c7d8e9f1';

/** An Atlas with two projects: shop (dedicated, flex and free) and money (dedicated). */
export async function anAtlas(): Promise<AtlasSimulator> {
  const atlas = await startAtlas({ ...KEYS, serviceAccount: ACCOUNT });
  onTestFinished(() => atlas.close());
  atlas.addInstance(SHOP, 'orders', 'cluster');
  atlas.addInstance(SHOP, 'carts', 'flex');
  atlas.addInstance(SHOP, 'playground', 'free');
  atlas.addInstance(MONEY, 'billing', 'cluster');
  atlas.setProject(SHOP, { name: 'shop' });
  atlas.setProject(MONEY, { name: 'money' });
  return atlas;
}

/** An empty folder, gone when the test ends. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'init-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What `init` works with, for real: the loader, and an Atlas over HTTP. */
export function realParts(env: Record<string, string> = {}): Partial<CliParts> {
  const deps = { clock: systemClock, logger: createRecordingLogger(), redactor: createRedactor() };
  return {
    loadConfig: (file) => loadConfig(file, { env }),
    loadDraft: ({ file, text, env: own }) => loadConfig(file, { env: { ...env, ...own }, text }),
    survey: (config) => surveyConfig(config, deps),
    diagnose: (config) => diagnoseConfig(config, deps),
    inspectStore: async () => ({ where: 'sqlite:x', exists: false, schemaVersion: null, inUse: null }),
  };
}

/** Runs one command line with the real parts. */
export function run(argv: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return cli(argv, { env, parts: realParts(env) });
}

/** As `run`, with a person at a terminal who gives these answers, each when the terminal shows what asks for it. */
export async function runAtTerminal(
  argv: readonly string[],
  answers: ReadonlyArray<[question: string, answer: string]>,
): Promise<Run & { screen: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const left = [...answers];
  let screen = '';
  let seen = 0;
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
    const [next] = left;
    const at = next === undefined ? -1 : screen.indexOf(next[0], seen);
    if (next === undefined || at < 0) return;
    left.shift();
    seen = at + next[0].length;
    // The question is drawn before somebody listens to what is typed.
    setImmediate(() => stdin.write(next[1]));
  });
  const done = await cli(argv, { parts: { ...realParts(), stdin, stderr } });
  return { ...done, screen };
}
