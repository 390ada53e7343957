/** What a witness says to a checkpoint. */
export type WitnessAnswer =
  /** `line`: its cosignature, with the newline. */
  | { kind: 'cosigned'; line: string }
  /** It has cosigned a checkpoint of that size, and wants to go on from there. */
  | { kind: 'conflict'; size: number }
  /** The log is not the one that it has seen. */
  | { kind: 'forked'; why: string }
  /** It did not answer, or in no way that it should. */
  | { kind: 'away'; why: string };

/** A witness that is asked to cosign our checkpoints (C2SP tlog-witness). */
export interface Witness {
  /** Of its key. */
  readonly name: string;
  /** Asks once. Never throws. @param request as `addCheckpointText` writes it. */
  ask(request: string, cancelled: AbortSignal): Promise<WitnessAnswer>;
  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close(): void;
}
