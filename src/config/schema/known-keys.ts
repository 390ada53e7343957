import { z } from 'zod';
import type { Path } from '../text/paths.ts';

/** The keys that may stand in the object at a path; `[]` where the schema has no object. `root` is the value that is looked at. */
export function knownKeys(schema: z.ZodType, root: unknown, path: Path): string[] {
  const found = objectSchema(schema, root);
  const [step, ...rest] = path;
  if (found instanceof z.ZodArray) {
    return typeof step === 'number' && found.element instanceof z.ZodType
      ? knownKeys(found.element, childOf(root, step), rest)
      : [];
  }
  if (!(found instanceof z.ZodObject)) return [];
  if (step === undefined) return Object.keys(found.shape);
  const child: unknown = found.shape[step];
  return child instanceof z.ZodType ? knownKeys(child, childOf(root, step), rest) : [];
}

/** Looks through defaults, and chooses among alternatives by the discriminator in the value. */
function objectSchema(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType ? objectSchema(inner, value) : undefined;
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const { discriminator } = schema.def;
  const tag = childOf(value, discriminator);
  return schema.options.find(
    (option): option is z.ZodObject =>
      option instanceof z.ZodObject && option.shape[discriminator]?.safeParse(tag).success === true,
  );
}

function childOf(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}
