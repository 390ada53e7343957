import { shorten } from '../domain/shorten.ts';
import { ConfigError, WatcherError } from '../errors.ts';

/** Fields as they can be written: plain JSON without cycles, secrets taken out, nothing longer or deeper than a line should hold. */
export type Printable = string | number | boolean | null | Printable[] | { [key: string]: Printable };

const DEEPEST = 6;
const MOST_ENTRIES = 100;
const LONGEST = 8_192;

/**
 * Makes any value fit for a line of the log; never throws. Errors become `{ name, message, code, hint, …, stack, cause }`: what else
 * an error carries (the request with its headers, say) is left out.
 */
export function toPrintable(value: unknown, redact: (text: string, limit: number) => string): Printable {
  // What lies beyond is not looked at: a field of some megabytes must not hold up the program.
  const clean = (text: string): string => shorten(redact(text, 2 * LONGEST), LONGEST);

  const walk = (node: unknown, depth: number, above: readonly unknown[]): Printable => {
    if (typeof node === 'string') return clean(node);
    if (typeof node === 'number') return Number.isFinite(node) ? node : String(node);
    if (typeof node === 'boolean' || node === null) return node;
    if (typeof node === 'function') return '[function]';
    if (typeof node !== 'object') return clean(String(node));
    if (above.includes(node)) return '[circular]';
    if (depth >= DEEPEST) return '[deeper]';
    const within = [...above, node];
    if (node instanceof Error) return entries(errorFields(node), depth, within);
    if (node instanceof Date) return Number.isNaN(node.getTime()) ? 'invalid date' : node.toISOString();
    if (node instanceof URL) return clean(node.href);
    if (ArrayBuffer.isView(node)) return `[${node.byteLength} bytes]`;
    if (node instanceof Map) return entries(Object.fromEntries(node), depth, within);
    if (node instanceof Set || Array.isArray(node)) {
      const items = [...node];
      const shown = items.slice(0, MOST_ENTRIES).map((item) => walk(item, depth + 1, within));
      return items.length > MOST_ENTRIES ? [...shown, `${items.length - MOST_ENTRIES} more`] : shown;
    }
    return entries(node, depth, within);
  };

  const entries = (node: object, depth: number, above: readonly unknown[]): Printable => {
    const copy: { [key: string]: Printable } = {};
    for (const key of Object.keys(node).slice(0, MOST_ENTRIES)) {
      const child = readQuietly(node, key);
      if (child !== undefined) copy[clean(key)] = walk(child, depth + 1, above);
    }
    return copy;
  };

  try {
    return walk(value, 0, []);
  } catch {
    // A revoked proxy, say: the line matters more than the value.
    return '[unreadable]';
  }
}

function readQuietly(node: object, key: string): unknown {
  try {
    return Reflect.get(node, key);
  } catch {
    return '[unreadable]';
  }
}

function errorFields(error: Error): Record<string, unknown> {
  const known =
    error instanceof WatcherError
      ? {
          hint: error.hint,
          ...pick(error, ['reason', 'status', 'atlasCode', 'retryable', 'retryAfterMs']),
          issues: error instanceof ConfigError ? error.issues : undefined,
        }
      : {};
  return {
    name: error.name,
    message: error.message,
    ...pick(error, ['code']),
    ...known,
    stack: error.stack,
    cause: error.cause,
    // Of several attempts: a connection that failed on every address of a host has no message of its own.
    errors: error instanceof AggregateError ? error.errors : undefined,
  };
}

function pick(source: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, Reflect.get(source, key)]));
}
