import type { Timestamp } from '../domain/instant.ts';

/** What the receiver of a heartbeat said. Holds neither its address nor anything of its own that is not a few plain words. */
export type HeartbeatAnswer =
  | { kind: 'taken'; detail: string }
  /** `doubtful`: it has answered well, in words that say that nothing was noted. */
  | { kind: 'refused' | 'doubtful'; detail: string; hint: string | null };

/** Why whoever waits for the heartbeat does not hear it, most likely. `unsent`: it could not even be tried. */
export interface HeartbeatFault {
  kind: 'refused' | 'doubtful' | 'unsent';
  detail: string;
  hint: string | null;
  /** The first of these faults in a row. */
  since: Timestamp;
}

/** What has become of a heartbeat: "The heartbeat is …". */
export const HEARTBEAT_WORDS: Readonly<Record<HeartbeatAnswer['kind'] | HeartbeatFault['kind'], string>> = {
  taken: 'received',
  doubtful: 'answered, and most likely not noted',
  refused: 'not received',
  unsent: 'not sent',
};
