import { parseWellFormed } from '../../domain/well-formed.ts';

/** Parses JSON text; `undefined` for text that is none. */
export function parseJson(text: string): unknown {
  try {
    return parseWellFormed(text);
  } catch {
    return undefined;
  }
}
