import { type Checkpoint, parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import { StoreError } from '../../errors.ts';
import { readText } from '../line-file.ts';
import { noteInLine } from './checkpoint-file.ts';

/** A checkpoint that somebody has kept, and where. */
export interface KeptCheckpoint {
  checkpoint: Checkpoint;
  /** For people. */
  source: string;
}

/** What stands in a file of checkpoints: them, and how many lines are none. */
export interface KeptCheckpoints {
  kept: KeptCheckpoint[];
  /** For people. */
  faults: string[];
}

/**
 * Reads a checkpoint that somebody has kept: a file that is one, as `audit checkpoint` writes it, or one with a line for each, as
 * `audit.checkpoints` has them.
 * @returns `null` when there is no such file.
 * @throws {StoreError} reason `unavailable` when it cannot be read.
 */
export async function readCheckpoints(file: string): Promise<KeptCheckpoints | null> {
  const text = await read(file);
  if (text === null) return null;
  const single = parseCheckpoint(text);
  if (single !== null)
    return { kept: [{ checkpoint: single, source: `the checkpoint ${file}` }], faults: [] };
  const found: KeptCheckpoints = { kept: [], faults: [] };
  const lines = text.split('\n');
  // What stands behind the last newline was torn, or is nothing.
  for (const [index, line] of lines.slice(0, -1).entries()) {
    const note = noteInLine(line);
    const checkpoint = note === null ? null : parseCheckpoint(note);
    const source = `the checkpoint in ${file}, line ${index + 1}`;
    if (checkpoint === null) found.faults.push(`${file}, line ${index + 1}: this is no checkpoint`);
    else found.kept.push({ checkpoint, source });
  }
  if (lines.length === 1) found.faults.push(`${file}: this is no checkpoint`);
  return found;
}

async function read(file: string): Promise<string | null> {
  try {
    return await readText(file);
  } catch (cause) {
    throw new StoreError('unavailable', `${file}: cannot read the checkpoint`, { cause });
  }
}
