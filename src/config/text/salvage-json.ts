import { parse } from 'jsonc-parser';
import { wellFormedData } from '../../domain/well-formed.ts';

/** Reads what can be read of a text that should be JSON: behind a fault it goes on as well as it can. Never throws. */
export function salvageJson(text: string): unknown {
  const value: unknown = parse(text, [], { allowTrailingComma: true });
  return value === undefined ? undefined : wellFormedData(value);
}
