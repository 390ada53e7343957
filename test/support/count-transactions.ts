import { DatabaseSync } from 'node:sqlite';
import { onTestFinished, vi } from 'vitest';

/** Counts the transactions of every store in this process from now on, until the test ends. Each that changes something is a flush of the disk. */
export function countTransactions(): () => number {
  const spy = vi.spyOn(DatabaseSync.prototype, 'exec');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.filter(([sql]) => sql === 'begin immediate').length;
}
