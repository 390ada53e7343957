import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../../../src/http/page/job/zip.ts';
import { temporaryDirectory } from '../../../store/support.ts';

describe('an archive', () => {
  it('is unpacked by another program as what was put in, with its time', () => {
    const directory = temporaryDirectory();
    const files = [
      { name: 'README.txt', text: 'ë € 😀\n' },
      { name: 'empty', text: '' },
      { name: 'größe.json', text: 'x'.repeat(70_000) },
    ];
    const file = join(directory, 'it.zip');
    writeFileSync(file, zipOf(files, Date.UTC(2026, 10, 29, 20, 31, 44)));
    const script = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print([i.date_time for i in z.infolist()][0])
    z.extractall(sys.argv[2])
os.remove(sys.argv[1])`;
    const told = execFileSync('python3', ['-c', script, file, directory], { encoding: 'utf8' });
    expect(told.trim()).toBe('(2026, 11, 29, 20, 31, 44)');
    expect(readdirSync(directory).toSorted()).toEqual(files.map(({ name }) => name).toSorted());
    for (const { name, text } of files) expect(readFileSync(join(directory, name), 'utf8')).toBe(text);
    expect(statSync(join(directory, 'empty')).size).toBe(0);
  });
});
