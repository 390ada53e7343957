import { hostname } from 'node:os';
import { verifyStore } from '../audit/verify.ts';
import type { StoreMove } from '../cli/parts.ts';
import { StoreError } from '../errors.ts';
import type { CopyEnd } from '../store/copy/copy-end.ts';
import { copyStore } from '../store/copy/copy-store.ts';
import { openCopyEnd, openExistingStore } from '../store/open-store.ts';
import { placeOfStore, type StoreAddress } from '../store/ports/address.ts';
import type { CopyProgress } from '../store/ports/copying.ts';
import { boundHeapGrowth } from './heap-growth.ts';

/**
 * Copies the store at `from` into the empty one at `to`, and verifies the copy. Claims both: no daemon may run on either.
 * @throws {StoreError} and then the target holds nothing of it.
 */
export async function moveStore(
  from: StoreAddress,
  to: StoreAddress,
  onProgress: (progress: CopyProgress) => void,
): Promise<StoreMove> {
  if (placeOfStore(to) === placeOfStore(from))
    throw new StoreError('conflict', `${placeOfStore(to)} is the store that is to be copied`, {
      hint: 'Name another one with --to.',
    });
  // Millions of rows are nearly all garbage.
  const unbound = boundHeapGrowth(30);
  try {
    return await copyAndVerify(from, to, onProgress);
  } finally {
    unbound();
  }
}

async function copyAndVerify(
  from: StoreAddress,
  to: StoreAddress,
  onProgress: (progress: CopyProgress) => void,
): Promise<StoreMove> {
  const copied = await copyClaimed(from, to, onProgress);
  const copy = await openExistingStore(to, { mode: 'readonly' });
  if (copy === null) throw new StoreError('unavailable', `${copied.to} is gone since it was written`);
  try {
    const { entries, head, problems } = await verifyStore(copy);
    return { ...copied, audit: { entries, head, problems: problems.map(({ problem }) => problem) } };
  } finally {
    await copy.close();
  }
}

async function copyClaimed(
  from: StoreAddress,
  to: StoreAddress,
  onProgress: (progress: CopyProgress) => void,
): Promise<Omit<StoreMove, 'audit'>> {
  const source = await openCopyEnd(from, { mustExist: true });
  try {
    await takeAlone(source);
    const target = await openCopyEnd(to, { mustExist: false });
    try {
      await takeAlone(target);
      const tables = await copyStore(source, target, onProgress);
      return { from: source.where, to: target.where, tables };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** @throws {StoreError} reason `conflict` when anybody works with it. */
async function takeAlone(end: CopyEnd): Promise<void> {
  const joining = { name: `${hostname()}:${process.pid}`, version: 'copy', configuration: '' };
  const membership = await end.join(joining);
  if (membership.kind === 'alone') return;
  const { replicas } = await membership.beat({ wanted: [], configuration: '' });
  const others = replicas.filter(({ id }) => id !== membership.replica).map(({ name }) => name);
  await membership.end();
  if (others.length === 0) return;
  throw new StoreError('conflict', `${end.where} is in use by ${others.join(', ')}`, {
    hint: 'Stop what runs there first. What was killed counts as running for 15 s.',
  });
}
