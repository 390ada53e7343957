import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { keepDemoGoing, runDemoStory } from '../../src/simulator/demo.ts';
import type { DemoBoard } from '../../src/simulator/demo-board.ts';
import {
  DEMO_GROUP_ID,
  DEMO_INSTANCES,
  type DemoStage,
  demoConfig,
  PAST_JOBS,
  startDemoStage,
} from '../../src/simulator/demo-stage.ts';
import { demoStory } from '../../src/simulator/demo-story.ts';
import { LINK_CANARY } from '../../src/simulator/scenario.ts';
import { serverlessJobs } from '../../src/source/kinds/serverless.ts';
import { aTarget } from '../support/builders.ts';
import { fetchByDigest } from './digest-client.ts';

let stage: DemoStage;
beforeEach(async () => {
  stage = await startDemoStage();
});
afterEach(() => stage.close());

/** Asks for the jobs of an instance as the watcher does; `null` while Atlas does not answer with a list. */
async function listJobs(instanceName: string): Promise<unknown[] | null> {
  const target = aTarget({ groupId: DEMO_GROUP_ID, instanceName });
  const { publicKey, privateKey } = stage.credentials;
  const path = serverlessJobs.listPath(target, { pageNum: 1, itemsPerPage: 500 });
  const reply = await fetchByDigest(stage.atlas.url + path, { user: publicKey, password: privateKey });
  return reply.ok ? ((await reply.json()) as { results: unknown[] }).results : null;
}

it('sets the stage with restores of the past, all of them ended', async () => {
  for (const instance of DEMO_INSTANCES) {
    const jobs = (await listJobs(instance)) ?? [];
    expect(jobs).toHaveLength(PAST_JOBS);
    for (const job of jobs) expect(job).toMatchObject({ failed: false, finishedAt: expect.any(String) });
  }
});

it('gives the watcher a configuration that it accepts, without a secret in the file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'demo-config-'));
  try {
    const { file, env } = demoConfig(stage, { dir, pollSeconds: 1 });
    const text = JSON.stringify(file);
    await writeFile(join(dir, 'watcher.config.json'), text);
    const config = await loadConfig(join(dir, 'watcher.config.json'), { env });
    expect(config.watches).toHaveLength(DEMO_INSTANCES.length);
    for (const { name, value } of stage.secrets) expect(text, name).not.toContain(value);
  } finally {
    await rm(dir, { recursive: true });
  }
});

describe('the story', () => {
  it('claims just those changes that can be read from Atlas afterwards, step by step', async () => {
    const claimed: string[] = [];
    const board: Pick<DemoBoard, 'scene' | 'expect'> = {
      scene: () => {},
      expect: (changes) => {
        claimed.push(...changes.map(({ jobId, event }) => `${jobId} ${event}`));
      },
    };

    const seen = new Set<string>();
    const known = new Set<string>();
    const links: string[] = [];
    for (const step of demoStory(stage, board)) {
      await step.do();
      for (const instanceName of DEMO_INSTANCES) {
        const jobs = await listJobs(instanceName);
        if (jobs === null) continue;
        links.push(...JSON.stringify(jobs).matchAll(new RegExp(LINK_CANARY, 'g')).map(String));
        const target = aTarget({ groupId: DEMO_GROUP_ID, instanceName });
        for (const raw of jobs) {
          const reading = serverlessJobs.decode(raw, target, Date.now());
          if (reading.kind !== 'job') throw new Error(reading.problem);
          if (reading.job.createdAt < Date.now() - 3_600_000) continue;
          known.add(reading.job.id);
          for (const { milestone } of reading.job.reached) seen.add(`${reading.job.id} ${milestone}`);
        }
      }
    }
    for (const id of known) {
      const isThere = (await Promise.all(DEMO_INSTANCES.map(listJobs))).flat();
      if (!JSON.stringify(isThere).includes(id)) seen.add(`${id} missing`);
    }
    expect(claimed.toSorted()).toEqual([...seen].sort());
    expect(known.size).toBe(8);
    expect(new Set(claimed.map((claim) => claim.split(' ')[1]))).toEqual(
      new Set(['started', 'ready', 'finished', 'failed', 'cancelled', 'expired', 'missing']),
    );
    expect(links.length).toBeGreaterThan(0);
  });

  it('ends with an account of what was lost when nobody told anything', async () => {
    const lines: string[] = [];
    const running = runDemoStory({
      stage,
      print: (line) => lines.push(line),
      paint: (_, text) => text,
      signal: new AbortController().signal,
      startedAt: Date.now(),
      speed: 1_000,
      lastArrivalsMs: 1,
    });
    for (const instance of [...DEMO_INSTANCES, ...DEMO_INSTANCES]) await listJobs(instance);
    const outcome = await running;
    expect(outcome).toMatchObject({
      tally: { lost: 54, messages: 0 },
      requests: { total: 8, logins: 4, refusedLogins: 0 },
      pastJobs: 120,
      secrets: { lookedFor: 5, found: [] },
    });
    expect(lines.filter((line) => line.includes(' s  Atlas '))).toHaveLength(19);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100);
  });

  it.each(['before the watcher came', 'in the middle'])('can be ended %s', async (when) => {
    const controller = new AbortController();
    const run = {
      stage,
      print: (line: string) => {
        if (line.includes('begins')) controller.abort();
      },
      paint: (_: unknown, text: string) => text,
      signal: controller.signal,
      startedAt: Date.now(),
    };
    const running = runDemoStory(run);
    if (when === 'in the middle') {
      for (const instance of [...DEMO_INSTANCES, ...DEMO_INSTANCES]) await listJobs(instance);
    } else {
      controller.abort();
    }
    expect(await running).toBeNull();
  });
});

it('goes on after the story until it is ended', async () => {
  const controller = new AbortController();
  const lines: string[] = [];
  await keepDemoGoing({
    stage,
    print: (line) => {
      lines.push(line);
      if (line.includes('begins')) controller.abort();
    },
    paint: (_, text) => text,
    signal: controller.signal,
    startedAt: Date.now(),
    speed: 100,
  });
  expect(lines.join('\n')).toContain('A restore of orders to drill-1 begins');
});
