import type { Lease } from './lease.ts';

/** A project that a `*` watch has found. */
export interface FoundProject {
  groupId: string;
  /** As people call it; `null` where it had gone before anybody listed it. */
  name: string | null;
  tags: Readonly<Record<string, string>>;
  /** It is not listed any more, and may hold jobs that are to be followed to their end. */
  isGone: boolean;
}

/** Which watch has found something, and over which connection: over another one it has found nothing. */
export interface EstateKey {
  watch: string;
  connection: string;
}

/** What a listing changes in what a watch has found. */
export interface EstateChange {
  /** New, or with other words than before. */
  found: readonly FoundProject[];
  /** Projects of which nothing is to be known any more. */
  forgotten: readonly string[];
}

/** What is wrong with a replica's share of a `*` watch. Times are by that replica's clock. */
export interface ShareFault {
  reason: string;
  message: string;
  hint: string | null;
  since: number;
  /** Nothing of the share can be read. */
  isBlind: boolean;
}

/** How a replica gets on with its share of a `*` watch. */
export interface ShareStanding {
  /** What concerns all of the share; `null`: nothing does. */
  fault: ShareFault | null;
  /** Projects that it doubts are still there: who lists them is to look. */
  doubted: readonly string[];
}

/** How one of the replicas gets on with its share. */
export interface ShareFacts extends ShareStanding {
  watch: string;
  replica: string;
}

/** How all `*` watches stand. */
export interface EstatesStanding {
  /** What was found, by watch: a number that grows with every change. A watch whose projects nobody has listed is left out. */
  revisions: ReadonlyMap<string, { connection: string; revision: number }>;
  /** Of the replicas that live and have a share. */
  shares: readonly ShareFacts[];
}

/**
 * What `*` watches have found, and how the replicas get on with it, for all of them.
 * @throws {StoreError} from every method.
 */
export interface EstateStore {
  /** Two reads. */
  estates(): Promise<EstatesStanding>;
  /** What a watch has found over this connection, ordered by id. */
  foundProjects(key: EstateKey): Promise<FoundProject[]>;
  /**
   * Writes what a listing has changed, in one transaction, and gives it a new revision. What was found over another connection is
   * forgotten. Without a change just the first listing is written: that somebody has looked.
   * @param lease on the discovery: once it is not ours any more, nothing is written, and the StoreError's reason is `fenced`.
   */
  noteProjects(lease: Lease, key: EstateKey, change: EstateChange): Promise<void>;
  /** Notes how this replica gets on with its share; `null`: it has none. One statement. */
  noteShare(watch: string, share: ShareStanding | null): Promise<void>;
}
