import type { Timestamp } from '../../domain/instant.ts';
import type { Mute, MuteRequest } from '../../domain/telling/mute.ts';

/** Which mutes are asked for. */
export interface MuteFilter {
  /** Only those in force at this time. */
  inForceAt?: Timestamp | undefined;
  /** Only those that are not over at this time: in force, or to come round again. */
  openAt?: Timestamp | undefined;
}

/**
 * Mutes, for whoever only goes by them.
 * @throws {StoreError} from every method.
 */
export interface MuteReader {
  /** Newest first. */
  listMutes(filter: MuteFilter): Promise<Mute[]>;
}

/** Mutes, for the people who set and end them. */
export interface MuteStore extends MuteReader {
  /** Keeps a mute from now on, with an audit entry. One transaction, in turn. */
  addMute(request: MuteRequest): Promise<Mute>;
  /**
   * Ends a mute before its time, with an audit entry. `null`: there is none of this id, or it was over already. One transaction, in
   * turn; of two who end it one gets the mute, the other `null`.
   */
  removeMute(id: Mute['id'], at: Timestamp, by: string): Promise<Mute | null>;
}
