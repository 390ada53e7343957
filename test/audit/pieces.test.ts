import { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import zlib, { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished, vi } from 'vitest';
import { piecesBeside } from '../../src/audit/pieces.ts';
import { temporaryDirectory } from '../store/support.ts';

/** How many unpackers are open, and were at most. A mock of the module would find it loaded already, by another test of this process. */
function watchUnpackers(): { now: number; most: number } {
  const open = { now: 0, most: 0 };
  const { createGunzip } = zlib;
  const spy = vi.spyOn(zlib, 'createGunzip').mockImplementation((options) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    return createGunzip(options).once('close', () => {
      open.now -= 1;
    });
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return open;
}

it('unpacks the pieces of a rotation one after the other', async () => {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  for (let number = 1; number <= 12; number += 1)
    writeFileSync(`${file}.${number}.gz`, gzipSync(`${'line\n'.repeat(1_000)}`));
  const unpacking = watchUnpackers();
  expect(await piecesBeside(file)).toHaveLength(12);
  expect(unpacking.most).toBeGreaterThan(0);
  // One that was left may still be closing.
  expect(unpacking.most).toBeLessThanOrEqual(2);
});
