import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { type RestoreJob, stateAfter } from '../../../src/domain/job/restore-job.ts';
import { LINK_CANARY } from '../../../src/simulator/atlas/scenario.ts';
import type { Script } from '../../../src/simulator/demo/actions.ts';
import { ALL_DEMO_WATCHES, DEMO_GROUP_ID, type DemoWatch } from '../../../src/simulator/demo/cast.ts';
import { keepDemoGoing, runDemoStory } from '../../../src/simulator/demo/demo.ts';
import { type DemoStage, demoConfig, PAST_JOBS, startDemoStage } from '../../../src/simulator/demo/stage.ts';
import { demoEncore, demoStory } from '../../../src/simulator/demo/story.ts';
import { clusterJobs } from '../../../src/source/kinds/cluster.ts';
import { collectionJobs } from '../../../src/source/kinds/collection.ts';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { aTarget } from '../../support/builders.ts';
import { fetchByDigest } from '../atlas/login/digest-client.ts';

const ADAPTERS = {
  cluster: clusterJobs,
  collection: collectionJobs,
  flex: flexJobs,
};

let stage: DemoStage;
beforeEach(async () => {
  stage = await startDemoStage();
});
afterEach(() => stage.close());

/** Asks for the jobs of a watch as the watcher does; `null` while Atlas does not answer with a list. */
async function listJobs(watch: DemoWatch): Promise<{ raw: string; jobs: RestoreJob[] } | null> {
  const adapter = ADAPTERS[watch.kind];
  const target = aTarget({
    groupId: DEMO_GROUP_ID,
    instanceName: watch.instanceName,
    kind: watch.kind,
    apiVersion: 'v2',
  });
  const { publicKey, privateKey } = stage.credentials;
  const path = adapter.listPath(target, { pageNum: 1, itemsPerPage: 500 });
  const init = { headers: { accept: adapter.accept(target.apiVersion) } };
  const reply = await fetchByDigest(stage.atlas.url + path, { user: publicKey, password: privateKey }, init);
  if (!reply.ok) return null;
  const raw = await reply.text();
  const { results } = JSON.parse(raw) as { results: unknown[] };
  const jobs = results.map((each) => {
    const reading = adapter.decode(each, target, Date.now(), scrubValue);
    if (reading.kind !== 'job') throw new Error(reading.problem);
    return reading.job;
  });
  return { raw, jobs };
}

async function lookTwice(): Promise<void> {
  for (const watch of [...ALL_DEMO_WATCHES, ...ALL_DEMO_WATCHES]) await listJobs(watch);
}

it('sets the stage with restores of the past, all of them ended', async () => {
  for (const watch of ALL_DEMO_WATCHES) {
    const { jobs } = (await listJobs(watch)) ?? { jobs: [] };
    expect(jobs, watch.name).toHaveLength(PAST_JOBS);
    for (const { state } of jobs) expect(state).toBe('finished');
  }
});

it('gives the watcher a configuration that it accepts, without a secret in the file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'demo-config-'));
  try {
    const { file, env } = demoConfig(stage, { dir, pollSeconds: 1 });
    const text = JSON.stringify(file);
    await writeFile(join(dir, 'watcher.config.json'), text);
    const config = await loadConfig(join(dir, 'watcher.config.json'), { env });
    expect(config.watches).toHaveLength(ALL_DEMO_WATCHES.length);
    for (const { name, value } of stage.secrets) expect(text, name).not.toContain(value);
  } finally {
    await rm(dir, { recursive: true });
  }
});

describe('the story', () => {
  it('claims just those changes that can be read from Atlas afterwards, step by step', async () => {
    const claimed: string[] = [];
    const seen = new Set<string>();
    const known = new Map<string, RestoreJob>();
    const raws: string[] = [];
    for (const step of demoStory(stage, scriptInto(claimed), null)) {
      await step.do();
      for (const watch of ALL_DEMO_WATCHES) {
        const list = await listJobs(watch);
        if (list === null) continue;
        raws.push(list.raw);
        for (const job of list.jobs) {
          if (job.createdAt < Date.now() - 3_600_000) continue;
          known.set(job.id, job);
          for (const { milestone } of job.reached) seen.add(`${job.id} ${milestone}`);
        }
      }
    }
    const still = new Set(
      (await Promise.all(ALL_DEMO_WATCHES.map(listJobs))).flatMap((list) => list?.jobs.map(({ id }) => id)),
    );
    for (const id of known.keys()) if (!still.has(id)) seen.add(`${id} missing`);

    expect(claimed.toSorted()).toEqual([...seen].sort());
    expect(new Set(claimed.map((claim) => claim.split(' ')[1]))).toEqual(
      new Set(['started', 'ready', 'finished', 'failed', 'cancelled', 'expired', 'missing']),
    );
    expect(raws.join()).toContain(LINK_CANARY);
    expect(ends([...known.values()])).toEqual({
      cluster: [
        'cancelled',
        ...['expired', 'expired'],
        'failed',
        ...['finished', 'finished', 'finished'],
        'in_progress',
      ],
      collection: ['finished'],
      flex: ['finished'],
    });
  });

  it('asks the watcher how far a restore has come, and says it', async () => {
    const notes: string[] = [];
    const script = {
      ...scriptInto([]),
      note: (speaker: string, text: string) => notes.push(`${speaker}: ${text}`),
    };
    const asked: string[] = [];
    const askProgress = async (jobId: string) => {
      asked.push(jobId);
      return asked.length === 1 ? { done: 6_600, total: 20_000 } : null;
    };
    for (const step of demoStory(stage, script, askProgress)) await step.do();
    expect(new Set(asked).size).toBe(1);
    expect(asked).toHaveLength(2);
    expect(notes).toEqual(['Status: asked, the watcher says: 6,600 of 20,000 documents, 33 %']);
  });

  it('ends with an account of what was lost when nobody told anything', async () => {
    const lines: string[] = [];
    const running = runDemoStory({
      stage,
      print: (line) => lines.push(line),
      paint: (_, text) => text,
      signal: new AbortController().signal,
      startedAt: Date.now(),
      pageUrl: 'http://127.0.0.1:8080/',
      speed: 1_000,
      lastArrivalsMs: 1,
    });
    await lookTwice();
    const outcome = await running;
    expect(outcome).toMatchObject({
      tally: { lost: 66, messages: 0 },
      requests: { total: 20, logins: 10, tokens: 0, refusedLogins: 0 },
      pastJobs: 300,
      secrets: { lookedFor: 7, found: [] },
    });
    expect(lines.filter((line) => line.includes(' s  Atlas '))).toHaveLength(25);
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
      pageUrl: 'http://127.0.0.1:8080/',
    };
    const running = runDemoStory(run);
    if (when === 'in the middle') {
      await lookTwice();
    } else {
      controller.abort();
    }
    expect(await running).toBeNull();
  });
});

describe('after the story', () => {
  it('goes on until it is ended', async () => {
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
      pageUrl: 'http://127.0.0.1:8080/',
      speed: 100,
    });
    expect(lines.join('\n')).toMatch(/A .*restore of \S+ to drill-1 begins/);
  });

  it('has restores of every watch, good and bad', async () => {
    const claimed: string[] = [];
    for (let round = 1; round <= 15; round += 1) {
      for (const step of demoEncore(stage, scriptInto(claimed), round)) await step.do();
    }
    const events = claimed.map((claim) => claim.split(' ')[1]);
    expect(events.filter((event) => event === 'failed')).toHaveLength(5);
    for (const watch of ALL_DEMO_WATCHES) {
      const fresh = ((await listJobs(watch))?.jobs ?? []).filter(({ targetClusterName }) =>
        targetClusterName?.startsWith('drill-'),
      );
      expect(fresh, watch.name).toHaveLength(3);
      for (const { reached, state } of fresh) {
        expect(state).toBe(stateAfter(reached.map(({ milestone }) => milestone)));
        expect(['finished', 'failed']).toContain(state);
      }
    }
  });
});

/** A board that only notes what has to be told: `id event`. */
function scriptInto(claimed: string[]): Script {
  return {
    scene: () => {},
    note: () => {},
    expect: (changes) => {
      claimed.push(...changes.map(({ jobId, event }) => `${jobId} ${event}`));
    },
  };
}

/** How the jobs ended, by kind. */
function ends(jobs: readonly RestoreJob[]): Record<string, string[]> {
  const states: Record<string, string[]> = {};
  for (const { kind, state } of jobs) states[kind] = [...(states[kind] ?? []), state].sort();
  return states;
}
