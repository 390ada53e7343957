import { describe, expect, it } from 'vitest';
import type { WatcherConfig } from '../../src/config/config.ts';
import { type Diagnosis, passed } from '../../src/diagnosis/diagnosis.ts';
import { aWatch, GROUP_ID } from '../support/builders.ts';
import { aConfig, cli } from './harness.ts';

const fleet = aWatch({ name: 'fleet', instanceName: '*', restoreJobIds: [] });
const found = (instances: number): Diagnosis[] => [
  passed(fleet, new Map(), { asks: new Map([[GROUP_ID, instances]]), feeds: [] }),
];

function check(config: WatcherConfig, diagnoses: Diagnosis[] | null, argv: string[] = []) {
  const parts = {
    loadConfig: async () => config,
    inspectStore: async () => ({ where: 'sqlite:x', exists: false, schemaVersion: null, inUse: null }),
    diagnose: async () => diagnoses ?? [],
  };
  return cli(['check', ...(diagnoses === null ? [] : ['--online']), ...argv], { parts });
}

const limitsOf = (out: string): string =>
  out.slice(out.indexOf('\nRate limits')).replaceAll(/\s+/g, ' ').trim();

describe('check, about the ceiling of requests', () => {
  it('says of a * what Atlas alone knows, and how many instances have room', async () => {
    const { code, out } = await check(aConfig({ watches: [fleet] }), null);
    expect(code).toBe(0);
    expect(limitsOf(out)).toBe(
      'Rate limits fleet: how many instances "*" stands for, Atlas alone knows; 90 requests a minute are enough for 44 in a project every 30 s, more than that are polled less often. --online counts them.',
    );
    expect((await check(aConfig(), null)).out).not.toContain('Rate limits');
  });

  it('tells the real period with as many instances as Atlas lists, and what to set', async () => {
    const { code, out } = await check(aConfig({ watches: [fleet] }), found(100));
    expect(code).toBe(0);
    expect(limitsOf(out)).toBe(
      `Rate limits the watches of project ${GROUP_ID} need 202 requests a minute of 90: they are polled every 68 s instead of every 30 s; set requestsPerMinute of connection atlas to 202 at least (Atlas itself allows about 500 a minute and project), or poll less often.`,
    );
  });

  it('tells the real period that Atlas leaves where that is less than the ceiling', async () => {
    const refills = new Map([[GROUP_ID, 60]]);
    const limited = [passed(fleet, new Map(), { asks: new Map([[GROUP_ID, 100]]), refills })];
    const { out } = await check(aConfig({ watches: [fleet] }), limited);
    expect(limitsOf(out)).toMatch(
      /need 202 requests a minute of the 60 that Atlas allows all who use the project: they are polled every 101 s instead of every 30 s\. Poll less often/,
    );
  });

  it('is calm about a default schedule, which stretches by itself', async () => {
    const meant = aConfig({ watches: [{ ...fleet, isScheduleDefault: true }] });
    const { out } = await check(meant, found(100));
    expect(limitsOf(out)).toContain(
      'instead of every 30 s. The default schedule does so by itself; for more,',
    );
  });

  it('says that there is enough where that is so', async () => {
    const { out } = await check(aConfig({ watches: [fleet] }), found(10));
    expect(limitsOf(out)).toContain(
      `project ${GROUP_ID} needs 22 requests a minute of the 90 of connection atlas: every watch keeps its schedule`,
    );
  });

  it('gives scripts the figures of every project', async () => {
    const { json } = await check(aConfig({ watches: [fleet] }), found(100), ['--json']);
    expect(json()).toMatchObject({
      ok: true,
      ceilings: [
        {
          ...{ connection: 'atlas', groupId: GROUP_ID, needed: 202, perMinute: 90, scheduledMs: 30_000 },
          ...{ isShort: true, isCounted: true, isMeant: false },
        },
      ],
    });
  });
});
