/** A process that works with the store; only where several may. Times are the database's own. */
export interface ReplicaTable {
  id: string;
  name: string;
  version: string;
  /** Stands for the configuration that it goes by. */
  configuration: string;
  joined_at: number;
  /** It lives until then, unless it shows another sign of life. */
  until: number;
  is_leaving: 0 | 1;
  /** Units of others that it would take, as JSON. */
  asks: string;
}

/** How far a mirror of the audit log has got; only where several replicas may work with the store, each of which has one. */
export interface AuditMirrorTable {
  /** The machine and the file. */
  place: string;
  seq: number;
  /** When that was noted, by the database's clock. */
  noted_at: number;
}

/** What a `*` watch has found, as a whole; only where several replicas may work with the store, like the two after it. */
export interface EstateTable {
  watch: string;
  connection: string;
  /** Grows with every change of what was found. */
  revision: number;
}

/** A project that a `*` watch has found. */
export interface FoundProjectTable {
  watch: string;
  group_id: string;
  name: string | null;
  /** JSON. */
  tags: string;
  is_gone: number;
}

/** How a replica gets on with its share of a `*` watch. */
export interface WatchShareTable {
  watch: string;
  replica: string;
  /** JSON. */
  standing: string;
}

/** A unit of work, and whose it is. */
export interface LeaseTable {
  unit: string;
  /** `null`: nobody's. It is also nobody's while its owner does not live. */
  owner: string | null;
  /** Grows with every owner. */
  token: number;
  /** Since when it has no owner; 0 while it has one. */
  free_since: number;
}
