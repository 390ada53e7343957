import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchSecrets } from '../../../src/app/reload/secret-watch.ts';
import { systemClock } from '../../../src/clock.ts';

let dir: string;
let file: string;
let stop: () => Promise<void>;
let told: string[][];
let isDealtWith: boolean;
/** Lets the next look happen, and waits until it is over. */
let look: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'restore-watcher-secrets-'));
  file = join(dir, 'key');
  await writeFile(file, 'first');
  told = [];
  isDealtWith = true;
  let go: () => void = () => {};
  let asleep = Promise.withResolvers<void>();
  const sleep = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    asleep.resolve();
    await new Promise<void>((resolve) => {
      go = resolve;
      signal?.addEventListener('abort', () => resolve());
    });
  };
  const files = new Map([[file, createHash('sha256').update('first').digest('hex')]]);
  stop = watchSecrets({
    files: () => files,
    clock: { ...systemClock, sleep },
    onChange: async (changed) => {
      told.push([...changed]);
      return isDealtWith;
    },
  });
  look = async () => {
    await asleep.promise;
    asleep = Promise.withResolvers();
    go();
    await asleep.promise;
  };
});
afterEach(async () => {
  await stop();
  await rm(dir, { recursive: true, force: true });
});

it('tells of a file with another content, once', async () => {
  await look();
  expect(told).toEqual([]);
  await writeFile(file, 'second');
  await look();
  await look();
  expect(told).toEqual([[file]]);
});

it('tells again at every look until it is dealt with', async () => {
  isDealtWith = false;
  await writeFile(file, 'second');
  await look();
  await look();
  isDealtWith = true;
  await look();
  await look();
  expect(told).toEqual([[file], [file], [file]]);
});

it('tells again when the content changes again, also back to what it was', async () => {
  await writeFile(file, 'second');
  await look();
  await writeFile(file, 'first');
  await look();
  expect(told).toEqual([[file], [file]]);
});

it('takes a file that is away, or that was touched, for no change', async () => {
  await rm(file);
  await look();
  await writeFile(file, 'first');
  await look();
  expect(told).toEqual([]);
});
