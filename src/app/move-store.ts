import { verifyStore } from '../audit/verify.ts';
import type { StoreMove } from '../cli/parts.ts';
import { StoreError } from '../errors.ts';
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
    await source.claimDaemon();
    const target = await openCopyEnd(to, { mustExist: false });
    try {
      await target.claimDaemon();
      const tables = await copyStore(source, target, onProgress);
      return { from: source.where, to: target.where, tables };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
