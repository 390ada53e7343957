import type { Joining } from '../../src/store/ports/leases.ts';

/** A process that joins a store. */
export function aJoining(over: Partial<Joining> = {}): Joining {
  return { name: 'here:1', version: '1.0.0', configuration: 'c0ffee', ...over };
}
