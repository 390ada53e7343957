import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { BROKEN } from './broken-configurations.ts';

const FOLDER = 'test/fixtures/config/broken';
/** Every secret in the fixtures and in this environment holds the word. */
const CANARY = 'canary';
const env = { ATLAS_PUBLIC_KEY: 'canary-public', ATLAS_PRIVATE_KEY: 'canary-private', EMPTY: '' };

async function faultsOf(rule: string): Promise<ConfigError> {
  const outcome = await loadConfig(`${FOLDER}/${rule}.json`, { env }).catch((error: unknown) => error);
  if (outcome instanceof ConfigError) return outcome;
  throw new Error(`${rule} is not refused`, { cause: outcome });
}

describe('a broken configuration', () => {
  it('has a file for each rule, and expectations for each file', () => {
    const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
    expect(files.sort()).toEqual(Object.keys(BROKEN).sort());
  });

  it.each(Object.entries(BROKEN))('is refused with every fault and its path: %s', async (rule, expected) => {
    const { issues } = await faultsOf(rule);
    expect(issues.map(({ path }) => path)).toEqual(expected.map(([path]) => path));
    for (const [index, [, says]] of expected.entries()) expect(issues[index]?.message).toContain(says);
  });

  it.each(Object.keys(BROKEN))('shows no secret: %s', async (rule) => {
    const error = await faultsOf(rule);
    expect(JSON.stringify([error.message, error.issues])).not.toContain(CANARY);
  });

  it('says on which line each fault stands', async () => {
    const { issues } = await faultsOf('unknown-keys');
    const rows = readFileSync(`${FOLDER}/unknown-keys.json`, 'utf8').split('\n');
    const keyOf = (path: string): string => path.split('.').at(-1) ?? '';
    expect(issues.length).toBeGreaterThan(2);
    for (const { path, line = 0 } of issues) expect(rows[line - 1]).toContain(`"${keyOf(path)}"`);
  });

  it('names the file and counts the faults', async () => {
    const error = await faultsOf('many-at-once');
    expect(error.message).toBe(`${FOLDER}/many-at-once.json: 19 faults in the configuration`);
    expect(error.code).toBe('config');
  });
});

describe('a configuration that cannot be read', () => {
  it('is refused with the reason', async () => {
    await expect(loadConfig(`${FOLDER}/no-such-file.json`, { env })).rejects.toMatchObject({
      issues: [{ path: '', message: 'cannot be read: there is no such file' }],
      hint: expect.stringContaining('--config FILE'),
    });
    await expect(loadConfig(FOLDER, { env })).rejects.toMatchObject({
      issues: [{ path: '', message: 'cannot be read: it is a directory' }],
    });
  });
});
