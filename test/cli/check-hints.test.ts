import { describe, expect, it } from 'vitest';
import type { WatcherConfig } from '../../src/config/config.ts';
import { type Diagnosis, passed } from '../../src/diagnosis/diagnosis.ts';
import type { FeedFinding } from '../../src/diagnosis/feeds.ts';
import { aWatch, GROUP_ID } from '../support/builders.ts';
import { aConfig, cli } from './harness.ts';

const fleet = aWatch({ name: 'fleet', kind: 'cluster', apiVersion: 'v2', instanceName: '*' });
const READABLE: FeedFinding = { groupId: GROUP_ID, fault: null, hint: null };
const REFUSED: FeedFinding = {
  groupId: 'b',
  fault: 'GET /events: 403 ACCESS_FORBIDDEN',
  hint: 'Give it the role.',
};

function found(instances: number, feeds: FeedFinding[]): Diagnosis {
  return passed(fleet, new Map(), { asks: new Map([[GROUP_ID, instances]]), feeds });
}

function check(config: WatcherConfig, diagnoses: Diagnosis[] | null, argv: string[] = []) {
  const parts = {
    loadConfig: async () => config,
    inspectStore: async () => ({ where: 'sqlite:x', exists: false, schemaVersion: null, inUse: null }),
    diagnose: async () => diagnoses ?? [],
  };
  return cli(['check', ...(diagnoses === null ? [] : ['--online']), ...argv], { parts });
}

const below = (out: string, title: string): string =>
  out
    .slice(out.indexOf(`\n${title}`))
    .replaceAll(/\s+/g, ' ')
    .trim();

describe('check, about activity feeds', () => {
  it('says in numbers how soon a restore is seen, with the hint and without', async () => {
    const config = aConfig({ watches: [fleet] });
    const { code, out } = await check(config, null);
    expect(code).toBe(0);
    expect(below(out, 'Activity feeds')).toBe(
      'Activity feeds fleet: in projects of 3 instances or more a new restore is seen within 30 s by hint (the activity feed of the project tells of it), within 10 min 30 s without. A feed that misses one is relied on no more. "hint": "off" polls every instance every 30 s.',
    );
    expect(JSON.parse((await check(config, null, ['--json'])).out)).toMatchObject({
      worstCases: [{ watch: 'fleet', byHintMs: 30_000, withoutMs: 630_000 }],
    });
  });

  it.each([
    ['that goes without', { hint: 'off' as const }],
    ['that names its instance', { instanceName: 'orders' }],
    ['of a kind of which no feed tells', { kind: 'serverless' as const }],
    ['that is polled less often than it would be swept', { schedule: '0 0 * * * *' }],
  ])('says nothing of a watch %s', async (_, over) => {
    const { out } = await check(aConfig({ watches: [{ ...fleet, ...over }] }), null);
    expect(out).not.toContain('Activity feeds');
  });

  it('says online which can be read, and why others cannot', async () => {
    const { code, out } = await check(aConfig({ watches: [fleet] }), [found(5, [READABLE, REFUSED])]);
    expect(code).toBe(0);
    expect(below(out, 'Activity feeds')).toContain(
      'fleet: the activity feed of 1 project can be read ! fleet: the activity feed of project b cannot be read, so every instance there is polled at every tick: GET /events: 403 ACCESS_FORBIDDEN. Give it the role.'.replace(
        ' ! ',
        ' ',
      ),
    );
  });

  it('counts what is really asked: sweeps where the feed can be read, every tick where not', async () => {
    const config = aConfig({ watches: [fleet] });
    const hinted = await check(config, [found(100, [READABLE])]);
    expect(below(hinted.out, 'Rate limits')).toContain('needs 11 requests a minute of the 90');
    const full = await check(config, [found(100, [{ ...READABLE, fault: 'no' }])]);
    expect(below(full.out, 'Rate limits')).toContain('need 202 requests a minute of 90');
  });
});
