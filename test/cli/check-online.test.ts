import { describe, expect, it } from 'vitest';
import { type Diagnosis, failed, type PlacedFault, passed } from '../../src/diagnosis/diagnosis.ts';
import { ConfigError } from '../../src/errors.ts';
import type { StoreFacts } from '../../src/store/ports/life.ts';
import { aWatch, GROUP_ID } from '../support/builders.ts';
import { aConfig, cli } from './harness.ts';

const FACTS: StoreFacts = { where: 'sqlite:x', exists: false, schemaVersion: null, inUse: null };

const WRONG_KIND: PlacedFault = {
  step: 'instance',
  proven: 'project',
  fault: {
    reason: 'wrong_kind',
    status: 400,
    atlasCode: 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API',
    message: 'GET /clusters/orders: 400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API',
    hint: 'orders is a flex cluster.',
    suggestion: { kind: 'flex' },
  },
  suggestedKind: 'flex',
};

const well = (name: string, warning: string | null = null, asks = 1): Diagnosis =>
  passed(aWatch({ name }), new Map([['job', { detail: '3 on the first page', warning }]]), {
    asks: new Map([[GROUP_ID, asks]]),
    feeds: [],
  });
const ill = (name: string, fault: PlacedFault = WRONG_KIND): Diagnosis =>
  failed(aWatch({ name }), new Map(), fault);

function check(diagnoses: Diagnosis[], argv: string[] = [], terminal?: number) {
  const parts = { inspectStore: async () => FACTS, diagnose: async () => diagnoses };
  return cli(['check', '--online', ...argv], { parts, ...(terminal ? { terminal } : {}) });
}

/** What stands below the title. */
function below(out: string, title = '\nAtlas\n'): string[] {
  return out.slice(out.indexOf(title) + title.length).split('\n');
}

describe('check --online', () => {
  it('shows how far each watch gets, and is content when all get to their jobs', async () => {
    const { code, out } = await check([well('orders'), well('billing')]);
    expect(code).toBe(0);
    expect(below(out)).toEqual([
      '  WATCH    CONNECTION  CREDENTIAL  ACCESS LIST  PROJECT  INSTANCE  JOBS',
      '  orders   ok          ok          ok           ok       ok        ok',
      '  billing  ok          ok          ok           ok       ok        ok',
      '',
      'Atlas can be read for 2 watches.',
      '',
    ]);
  });

  it('says what is wrong, what to do and what to write, and exits with 1', async () => {
    const { code, out } = await check([well('orders'), ill('billing')]);
    expect(code).toBe(1);
    expect(below(out)).toEqual([
      '  WATCH    CONNECTION  CREDENTIAL  ACCESS LIST  PROJECT  INSTANCE  JOBS',
      '  orders   ok          ok          ok           ok       ok        ok',
      '  billing  ok          ok          ok           ok       failed    -',
      '',
      'billing: instance',
      '  GET /clusters/orders: 400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API',
      '  hint: orders is a flex cluster.',
      '  write: "kind": "flex"',
      '',
      '1 of 2 watches cannot be polled.',
      '',
    ]);
  });

  it.each([
    ['refused', 1, 'Heartbeat: not received (HTTP 404)'],
    ['doubtful', 0, 'Heartbeat: answered, and most likely not noted (HTTP 404)'],
    ['taken', 0, 'Heartbeat: received (HTTP 404)'],
  ] as const)('calls the heartbeat as well: %s', async (kind, exit, says) => {
    const parts = {
      inspectStore: async () => FACTS,
      diagnose: async () => [well('orders')],
      tryHeartbeat: async () => ({ kind, detail: 'HTTP 404', hint: 'Look.' }),
    };
    const { code, out } = await cli(['check', '--online'], { parts });
    expect(code).toBe(exit);
    expect(out).toContain(says);
    const { json } = await cli(['check', '--online', '--json'], { parts });
    expect(json()).toMatchObject({ ok: exit === 0, heartbeat: { outcome: kind, detail: 'HTTP 404' } });
  });

  it('tells a fault that many watches share once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const { out } = await check(names.map((name) => ill(name)));
    expect(out).toContain('\na, b, c, d, e and 2 more: instance\n');
    expect(out.match(/hint:/g)).toHaveLength(1);
  });

  it('is content with what is only odd, and says it', async () => {
    const { code, out } = await check([well('orders', '1 of them cannot be understood: no id')]);
    expect(code).toBe(0);
    expect(out).toContain('\nOdd\n  orders: jobs: 1 of them cannot be understood: no id\n');
  });

  it('prints all of it as JSON, beside what check alone prints', async () => {
    const { code, json } = await check([well('orders'), ill('billing')], ['--json']);
    expect(code).toBe(1);
    expect(json()).toMatchObject({
      ok: false,
      file: 'watcher.config.json',
      store: { exists: false },
      online: [
        { watch: 'orders', ok: true },
        {
          watch: 'billing',
          connection: 'atlas',
          kind: 'serverless',
          ok: false,
          steps: [
            { step: 'connection', outcome: 'ok' },
            { step: 'credential', outcome: 'ok' },
            { step: 'accessList', outcome: 'ok' },
            { step: 'project', outcome: 'ok' },
            { step: 'instance', outcome: 'failed', ...WRONG_KIND.fault },
            { step: 'job', outcome: 'skipped' },
          ],
        },
      ],
    });
  });

  it('keeps whatever Atlas says on one line and free of escape sequences', async () => {
    const fault = { ...WRONG_KIND.fault, message: 'bad\n    at evil\u001b[31m' };
    const { out } = await check([ill('orders', { ...WRONG_KIND, fault })]);
    expect(out).toContain('  bad     at evil [31m\n');
    expect(out).not.toContain('\u001b');
  });

  it('has colours on a terminal', async () => {
    const { out } = await check([ill('orders')], [], 120);
    expect(out).toContain('\u001b[31mfailed');
  });

  it('exits with 2 when a certificate file of the configuration cannot be used', async () => {
    const diagnose = async () => {
      throw new ConfigError('connection atlas', [{ path: 'caFile', message: 'cannot be read' }]);
    };
    const parts = { inspectStore: async () => FACTS, diagnose };
    const { code, err } = await cli(['check', '--online'], { parts });
    expect(code).toBe(2);
    expect(err).toContain('caFile: cannot be read');
  });

  it('is not done unless it is asked for', async () => {
    const { code, out, err } = await cli(['check'], {
      config: aConfig(),
      parts: { inspectStore: async () => FACTS },
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toContain('\nAtlas\n');
  });
});
