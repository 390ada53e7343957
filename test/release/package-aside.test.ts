import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/package.ts');
const OURS =
  '{ "name": "x", "version": "1.0.0",\n  "scripts": { "build": "make" }, "dependencies": { "a": "1" } }\n';

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'restore-watcher-aside-'));
  await writeFile(join(checkout, 'package.json'), OURS);
});
afterEach(() => rm(checkout, { recursive: true }));

const step = (name: string) => promisify(execFile)(process.execPath, [SCRIPT, name], { cwd: checkout });
const manifest = () => readFile(join(checkout, 'package.json'), 'utf8');
const files = () => readdir(checkout);

describe('the package.json of the package', () => {
  it('stands in the place of ours while it is packed, and ours comes back as it was', async () => {
    await step('before');
    expect(JSON.parse(await manifest())).toEqual({ name: 'x', version: '1.0.0' });
    await step('after');
    expect(await manifest()).toBe(OURS);
    expect(await files()).toEqual(['package.json']);
  });

  it.each(['before', 'after'])(
    'gives way to ours at the next step (%s) when a packing was killed',
    async (next) => {
      await step('before');
      await step(next);
      await step('after');
      expect(await manifest()).toBe(OURS);
      expect(await files()).toEqual(['package.json']);
    },
  );

  it('is no reason to lose what was put in its place since', async () => {
    await step('before');
    const newer = OURS.replace('1.0.0', '1.1.0');
    await writeFile(join(checkout, 'package.json'), newer);
    await step('before');
    expect(JSON.parse(await manifest())).toEqual({ name: 'x', version: '1.1.0' });
    await step('after');
    expect(await manifest()).toBe(newer);
    expect(await files()).toEqual(['package.json']);
  });

  it('is left alone by a step that is none', async () => {
    await expect(step('since')).rejects.toThrow('say "before" or "after"');
    expect(await manifest()).toBe(OURS);
  });
});
