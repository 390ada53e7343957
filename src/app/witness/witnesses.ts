import type { AuditConfig } from '../../config/config.ts';
import type { Witness } from '../../witness/witness.ts';
import { createWitnessClient } from '../../witness/witness-client.ts';

/** The clients of witnesses: one that a new configuration leaves as it was goes on. */
export interface Witnesses {
  /** @throws {ConfigError} when a `caFile` cannot be used. */
  of(config: Pick<AuditConfig, 'witnesses'>): Witness[];
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** Asks nobody. */
export function createWitnesses(): Witnesses {
  const made = new Map<string, Witness>();
  return {
    of: ({ witnesses }) =>
      witnesses.map((config) => {
        const recipe = JSON.stringify(config);
        const witness = made.get(recipe) ?? createWitnessClient(config);
        made.set(recipe, witness);
        return witness;
      }),
    close: async () => {
      for (const witness of made.values()) witness.close();
    },
  };
}
