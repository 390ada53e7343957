import { z } from 'zod';
import type { Path } from '../text/paths.ts';
import { childOf, layersOf, schemaAt } from './walk.ts';

/** The keys that may stand in the object at a path; `[]` where the schema has no object. `root` is the value that is looked at. */
export function knownKeys(schema: z.ZodType, root: unknown, path: Path): string[] {
  const found = layersOf(schema, root).at(-1);
  const [step, ...rest] = path;
  if (step === undefined) return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
  const child = schemaAt(found, step);
  return child === undefined ? [] : knownKeys(child, childOf(root, step), rest);
}
