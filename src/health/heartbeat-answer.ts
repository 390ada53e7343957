/** What the receiver of a heartbeat said. Holds neither its address nor anything of its own that is not a few plain words. */
export type HeartbeatAnswer =
  | { kind: 'taken'; detail: string }
  /** `doubtful`: it has answered well, in words that say that nothing was noted. */
  | { kind: 'refused' | 'doubtful'; detail: string; hint: string | null };
