import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import { piecesBeside } from '../../src/audit/pieces.ts';
import { temporaryDirectory } from '../store/support.ts';

const unpacking = vi.hoisted(() => ({ now: 0, most: 0 }));
vi.mock('node:zlib', async (original) => {
  const zlib = await original<typeof import('node:zlib')>();
  const createGunzip: typeof zlib.createGunzip = (options) => {
    unpacking.now += 1;
    unpacking.most = Math.max(unpacking.most, unpacking.now);
    return zlib.createGunzip(options).once('close', () => {
      unpacking.now -= 1;
    });
  };
  return { ...zlib, createGunzip };
});

it('unpacks the pieces of a rotation one after the other', async () => {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  for (let number = 1; number <= 12; number += 1)
    writeFileSync(`${file}.${number}.gz`, gzipSync(`${'line\n'.repeat(1_000)}`));
  expect(await piecesBeside(file)).toHaveLength(12);
  // One that was left may still be closing.
  expect(unpacking.most).toBeLessThanOrEqual(2);
});
