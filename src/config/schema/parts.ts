import { z } from 'zod';
import { DURATION_PATTERN, parseDuration } from '../duration.ts';

/**
 * What single values look like. Each says in one phrase what is expected (`expected …`), whatever is wrong with the value; what was
 * found is added where the fault is told, since it may be a secret.
 */

/** Descriptions of keys that stand in several places. */
export const ALLOW_HTTP =
  'Accept plain http for an address that is not loopback. What is sent, credentials included, can then be read on the way.';
export const CA_FILE =
  'PEM file with the certificate of a private CA. A relative path starts from the working directory.';

/** A text that is not empty. */
export function text(expected: string, { pattern, max }: { pattern?: RegExp; max?: number } = {}) {
  const error = `expected ${expected}`;
  const base = z.string({ error }).min(1, { error });
  const limited = max === undefined ? base : base.max(max, { error });
  return pattern === undefined ? limited : limited.regex(pattern, { error });
}

/** A text that counts as absent when it is empty, as `"${WEBHOOK_SECRET:-}"` may be. */
export function optionalText(expected: string) {
  return z.string({ error: `expected ${expected}` }).optional();
}

/** A whole number within limits, both included. */
export function integer(expected: string, min: number, max?: number) {
  const error = `expected ${expected}`;
  const base = z.int({ error }).min(min, { error });
  return max === undefined ? base : base.max(max, { error });
}

/** `true` or `false`. */
export function flag() {
  return z.boolean({ error: 'expected true or false' });
}

/** One of a few words. */
export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `expected one of ${values.map((value) => `"${value}"`).join(', ')}` });
}

const A_DURATION = 'a duration such as "500ms", "30s", "5m", "2h" or "30d"';

/** The limits are themselves durations. */
export function duration({ atLeast, atMost }: { atLeast?: string; atMost?: string } = {}) {
  const limits = [
    ...(atLeast === undefined ? [] : [`, ${atLeast} at least`]),
    ...(atMost === undefined ? [] : [`, ${atMost} at most`]),
  ];
  const error = `expected ${A_DURATION}${limits.join('')}`;
  const shortest = (atLeast === undefined ? null : parseDuration(atLeast)) ?? 0;
  const longest = (atMost === undefined ? null : parseDuration(atMost)) ?? Number.POSITIVE_INFINITY;
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error, abort: true })
    .refine(
      (written) => {
        const ms = parseDuration(written) ?? Number.POSITIVE_INFINITY;
        return ms >= shortest && ms <= longest;
      },
      { error },
    );
}

/** A duration, or one of a few other values. */
export function durationOr<const Other extends z.ZodType>(other: Other, expected: string) {
  return z.union([other, duration()], { error: `expected ${expected}, or ${A_DURATION}` });
}

/** A list with at least one entry. */
export function listOf<const Item extends z.ZodType>(item: Item, entry: string) {
  const error = `expected a list of at least one ${entry}`;
  return z.array(item, { error }).min(1, { error });
}

/** Names are shown everywhere and matched by `*` globs. */
export function name() {
  return text('a name of 1 to 100 characters, without "*", line breaks, and spaces at its ends', {
    pattern: /^[^\s*](?:[^*\n\r\t]{0,98}[^\s*])?$/,
  });
}

/** Texts by free keys. */
export function textsByKey(expected: string) {
  const error = `expected ${expected}`;
  return z.record(z.string(), z.string({ error }), { error });
}
