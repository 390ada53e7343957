import { readdirSync, readFileSync, statSync, truncateSync, watch } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditLine } from '../../src/domain/audit.ts';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { cancel, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { GROUP_ID } from '../support/builders.ts';
import type { Home } from '../support/daemon.ts';
import { INSTANCE } from './configuration.ts';
import { auditProblems, lookInto } from './inspect.ts';
import { aDaemon, aHome, anAtlas } from './scene.ts';

/** Each gives several entries, so that the mirror needs several writes for a burst. */
const JOBS_IN_A_BURST = 400;

describe('a daemon that is killed while it appends to the audit file', () => {
  it('leaves a log that verifies, even with a torn line, and its successor writes the rest', async () => {
    const atlas = await anAtlas();
    const home = await aHome(atlas);
    await killInTheAct(atlas, home);
    expect(await auditProblems(home)).toEqual([]);

    // What a lost block at the end would leave.
    truncateSync(home.auditFile, statSync(home.auditFile).size - 10);
    expect(await auditProblems(home)).toEqual([]);

    const successor = aDaemon(home);
    await successor.url;
    await expect.poll(() => isInStep(home)).toBe(true);
    expect(await successor.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await auditProblems(home)).toEqual([]);
    const entries = await lookInto(home, (store) => store.readAudit(0, 1_000_000));
    expect(readFileSync(home.auditFile, 'utf8')).toBe(
      entries.map((entry) => `${auditLine(entry)}\n`).join(''),
    );
    expect(readdirSync(home.dir).filter((name) => name.includes('.damaged-'))).toEqual([]);
  });
});

/** Kills a daemon between two writes of one burst; where it was quicker than that, the next one. */
async function killInTheAct(atlas: AtlasSimulator, home: Home): Promise<void> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const jobs = runningJobs(atlas);
    const victim = aDaemon(home);
    await expect.poll(() => isInStep(home)).toBe(true);
    const grown = growthOf(home.auditFile);
    for (const id of jobs) atlas.updateJob(GROUP_ID, INSTANCE, id, cancel(Date.now()));
    await grown;
    await victim.kill('SIGKILL');
    const { stored, mirrored, noted } = await reached(home);
    if (noted < mirrored && mirrored < stored) return;
  }
  throw new Error('no daemon was caught in the act of appending');
}

function runningJobs(atlas: AtlasSimulator): string[] {
  const createdAt = Date.now();
  return Array.from({ length: JOBS_IN_A_BURST }, () => {
    const id = newJobId(createdAt);
    atlas.putJob(GROUP_ID, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE }));
    return id;
  });
}

/** Resolves with the next write to the file. */
function growthOf(file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(file, () => {
      watcher.close();
      resolve();
    });
  });
}

/** True when the jobs are known, and the file has all that the store has. */
async function isInStep(home: Home): Promise<boolean> {
  const { stored, mirrored, noted } = await reached(home);
  return stored > JOBS_IN_A_BURST && stored === mirrored && stored === noted;
}

/** The last entry in the store and in the file, and the one up to which the store has noted that the file has it. */
async function reached(home: Home): Promise<{ stored: number; mirrored: number; noted: number }> {
  if (!statSync(home.auditFile, { throwIfNoEntry: false })) return { stored: 0, mirrored: 0, noted: 0 };
  const mirrored = readFileSync(home.auditFile, 'utf8').split('\n').length - 1;
  return lookInto(home, async (store) => ({
    stored: (await store.auditHead()).seq,
    mirrored,
    noted: await store.mirroredSeq(),
  }));
}
