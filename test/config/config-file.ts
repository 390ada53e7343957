import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { WatcherConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

type Json = Record<string, unknown>;

/** A file that is sound, with some sections replaced (`undefined` takes one away). */
export function aConfigFile(over: Json = {}): Json {
  return {
    connections: [
      { name: 'atlas', auth: { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' } },
    ],
    watches: [aWatchEntry()],
    channels: [{ name: 'siem', type: 'webhook', url: 'https://siem.example.com/hook' }],
    routes: [{ events: ['*'], channels: ['siem'] }],
    ...over,
  };
}

export function aWatchEntry(over: Json = {}): Json {
  return {
    name: 'orders',
    kind: 'serverless',
    groupId: '5f0e1d2c3b4a596877665544',
    instanceName: 'orders',
    ...over,
  };
}

/** Writes the text to a file of its own, gone after the test. */
export async function writeConfig(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'watcher.config.json');
  await writeFile(file, text);
  return file;
}

export async function load(content: Json, env: Record<string, string> = {}): Promise<WatcherConfig> {
  return loadConfig(await writeConfig(JSON.stringify(content)), { env });
}
