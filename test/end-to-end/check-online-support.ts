import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { diagnoseConfig } from '../../src/app/one-off.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Step, StepName } from '../../src/diagnosis/diagnosis.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import type { InstanceKind } from '../../src/simulator/atlas/instances/instance-kind.ts';
import { listenOnLoopback } from '../../src/simulator/loopback.ts';
import { cli } from '../cli/harness.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { GROUP, settle } from './support.ts';

const INSTANCES: ReadonlyArray<[name: string, kind: InstanceKind]> = [
  ['orders', 'cluster'],
  ['carts', 'flex'],
  ['users', 'serverless'],
  ['billing', 'legacy'],
  ['playground', 'free'],
];

export const ACCOUNT = { clientId: 'mdb_sa_id_canary', clientSecret: 'mdb_sa_sk_canary' };
export const KEYS = { publicKey: 'canary-public', privateKey: 'canary-private' };

export type Settings = Record<string, unknown>;
type Fault = Extract<Step, { outcome: 'failed' }>;

/** An Atlas with an instance of each kind, closed when the test ends. */
export async function anAtlas(): Promise<AtlasSimulator> {
  const atlas = await startAtlas({ ...KEYS, serviceAccount: ACCOUNT });
  onTestFinished(() => atlas.close());
  for (const [name, kind] of INSTANCES) atlas.addInstance(GROUP, name, kind);
  return atlas;
}

/** One watch on `orders`, a dedicated cluster, over a connection that tries nothing twice. */
export function configFor(baseUrl: string, watch: Settings = {}, connection: Settings = {}): Settings {
  const auth = { type: 'digest', ...KEYS };
  return {
    connections: [{ name: 'atlas', baseUrl, auth, retries: 0, requestTimeout: '10s', ...connection }],
    watches: [{ name: 'nightly', kind: 'cluster', groupId: GROUP, instanceName: 'orders', ...watch }],
  };
}

/** Runs `check --online` with the real parts, in this process. */
export async function checkOnline(config: Settings, ...argv: string[]) {
  const home = await settle(config);
  const logger = createRecordingLogger();
  return await cli(['check', '--online', ...argv, '--config', home.configFile], {
    parts: {
      loadConfig: (file) => loadConfig(file, { env: {} }),
      inspectStore: async () => ({ where: 'sqlite:x', exists: false, schemaVersion: null, inUse: null }),
      diagnose: (checked) =>
        diagnoseConfig(checked, { clock: systemClock, logger, redactor: createRedactor() }),
    },
  });
}

export interface Expected {
  step: StepName;
  /** Atlas's code; `null`: there is none. */
  code: string | null;
  hint: RegExp;
  suggestion?: Settings;
}

/** Both forms say where it ends, why and what to do; exit code 1, and no stack trace in either. */
export async function expectFault(
  config: Settings,
  { step, code, hint, suggestion }: Expected,
): Promise<Fault> {
  const [text, machine] = [await checkOnline(config), await checkOnline(config, '--json')];
  expect([text.code, machine.code, text.err, machine.err]).toEqual([1, 1, '', '']);
  for (const { out } of [text, machine]) {
    expect(out).not.toMatch(/^ {4}at /m);
    expect(out).not.toContain('canary');
  }
  const found = machine.json();
  const [diagnosis] = found.online as Array<{ ok: boolean; steps: Step[] }>;
  expect([found.ok, diagnosis?.ok]).toEqual([false, false]);
  const fault = diagnosis?.steps.find((each) => each.outcome === 'failed') as Fault;
  expect(fault).toMatchObject({ step, atlasCode: code, hint: expect.stringMatching(hint) });
  expect(fault.suggestion).toEqual(suggestion ?? null);
  expect(text.out).toContain(
    `\nnightly: ${step.replace('accessList', 'access list').replace('job', 'jobs')}\n`,
  );
  expect(text.out).toContain(`hint: ${fault.hint}`);
  return fault;
}

/** The address of a server that gives this answer to everything. */
export async function aServer(answer: RequestListener): Promise<string> {
  const { host, port, close } = await listenOnLoopback(createServer(answer));
  onTestFinished(close);
  return `http://${host}:${port}`;
}
