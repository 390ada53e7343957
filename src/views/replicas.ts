import { toIso } from '../domain/instant.ts';
import type { ReplicasStatus } from '../watcher/status.ts';

/** A replica, and what it does. */
export interface ReplicaView {
  replica: string;
  /** The machine and the process. */
  name: string;
  version: string;
  /** SHA-256 of the configuration that it goes by. */
  configuration: string;
  joinedAt: string;
  /** It gives up what it has, to end. */
  isLeaving: boolean;
  /** It is the one that says all this. */
  isThisOne: boolean;
  /** What it does, as named in leases. */
  units: string[];
}

/** The replicas that live, those that came first before the others; none where a daemon has the store alone. */
export function replicaViews(status: ReplicasStatus | null): ReplicaView[] {
  if (status === null) return [];
  const units = Map.groupBy(status.owners.keys(), (unit) => status.owners.get(unit));
  return status.replicas.map(({ id, name, version, configuration, joinedAt, isLeaving }) => ({
    replica: id,
    name,
    version,
    configuration,
    joinedAt: toIso(joinedAt),
    isLeaving,
    isThisOne: id === status.me,
    units: (units.get(id) ?? []).toSorted(),
  }));
}
