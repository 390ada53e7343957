import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../src/make-directory.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a directory that is needed', () => {
  it('is made with those above it, and may be there already', () => {
    const path = join(dir, 'a', 'b', 'c');
    makeDirectory(path);
    makeDirectory(path);
    expect(existsSync(path)).toBe(true);
  });

  it('is refused where a file stands', async () => {
    await writeFile(join(dir, 'file'), '');
    expect(() => makeDirectory(join(dir, 'file', 'below'))).toThrow();
  });

  it.runIf(existsSync('/proc/self'))('is refused at once where none can be made', () => {
    expect(() => makeDirectory('/proc/nope/below')).toThrow();
  });
});
