import { z } from 'zod';

/** The schemas that a value meets from the outside in: each wrapper (a default, an option), and what stands inside. */
export function layersOf(schema: z.ZodType, value: unknown): z.ZodType[] {
  const inner = insideOf(schema, value);
  return inner === undefined ? [schema] : [schema, ...layersOf(inner, value)];
}

/** The schema behind a wrapper, or of the alternative that the value's discriminator names; `undefined` when there is none. */
function insideOf(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType ? inner : undefined;
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return undefined;
  const { discriminator } = schema.def;
  const tag = childOf(value, discriminator);
  return schema.options.find(
    (option): option is z.ZodObject =>
      option instanceof z.ZodObject && option.shape[discriminator]?.safeParse(tag).success === true,
  );
}

/** The schema of what stands at a step of an object or a list; `undefined` where the schema has none. */
export function schemaAt(schema: z.ZodType | undefined, step: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return asType(typeof step === 'number' ? schema.element : undefined);
  return asType(schema instanceof z.ZodObject ? schema.shape[step] : undefined);
}

/** What stands at a step of a value; `undefined` where nothing does. */
export function childOf(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}

function asType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}
