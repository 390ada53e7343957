import { z } from 'zod';
import { CONFIG_SCHEMA } from './schema.ts';

/** A text with a placeholder may stand for any value; what it comes to is checked at start. */
const PLACEHOLDER = {
  type: 'string',
  pattern: '\\$\\{[^}]+\\}',
  description: '${NAME}, ${NAME:-default} or ${file:/path}, replaced when the program starts.',
};
const PLACEHOLDER_REF = { $ref: '#/definitions/placeholder' };

type Node = Record<string, unknown>;

/**
 * The JSON Schema of the configuration, for editors: the text of `config/watcher.schema.json`, with a newline at its end. The same
 * program always gives the same text. Knows the shape; the rules about more than one key are checked at start only.
 */
export function jsonSchemaText(): string {
  const { $schema, ...generated } = z.toJSONSchema(CONFIG_SCHEMA, { io: 'input', target: 'draft-7' });
  const schema = {
    $schema,
    title: 'restore-watcher configuration',
    description: 'Which MongoDB Atlas restore jobs are watched, and who is told of what.',
    ...(withPlaceholders(generated) as Node),
    definitions: { placeholder: PLACEHOLDER },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Lets a placeholder stand wherever a single value is restricted to more than "a text". */
function withPlaceholders(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withPlaceholders);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, isSchemaKey(key) ? withPlaceholders(child) : child]),
  );
  return isRestricted(copy) ? besidePlaceholder(copy) : copy;
}

/** Defaults and examples are values, not schemas. */
function isSchemaKey(key: string): boolean {
  return key !== 'default' && key !== 'examples' && key !== 'enum' && key !== 'const';
}

function isRestricted({ type, pattern, enum: values, anyOf, maxLength }: Node): boolean {
  if (type === 'integer' || type === 'boolean' || anyOf !== undefined) return true;
  return type === 'string' && (pattern ?? values ?? maxLength) !== undefined;
}

/** What is said about the key stays on the outside, where editors look for it. */
function besidePlaceholder({ description, default: fallback, examples, anyOf, ...restriction }: Node): Node {
  const alternatives = Array.isArray(anyOf) ? anyOf.map(withoutPlaceholder) : [restriction];
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(examples === undefined ? {} : { examples }),
    anyOf: [...alternatives, PLACEHOLDER_REF],
  };
}

/** Alternatives that have been let beside a placeholder each need that only once. */
function withoutPlaceholder(alternative: unknown): unknown {
  const inner = (alternative as Node).anyOf;
  return Array.isArray(inner) && inner.length === 2 && inner[1] === PLACEHOLDER_REF ? inner[0] : alternative;
}
