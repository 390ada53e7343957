import { parseInstant, type Timestamp } from './instant.ts';
import { isRecord } from './json-object.ts';

/** The data of an audit entry, of which every version has written what it knew. */
export type Data = Readonly<Record<string, unknown>>;

/** An object, or one without keys. */
export function objectIn(value: unknown): Data {
  return isRecord(value) ? value : {};
}

/** The objects of a list. */
export function objectsIn(value: unknown): Data[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

/** A text; `null` for anything else. */
export function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A number; `null` for anything else. */
export function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The texts of a list. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** An instant that is written as ISO 8601; `null` for anything else. */
export function instantIn(value: unknown): Timestamp | null {
  return typeof value === 'string' ? parseInstant(value) : null;
}
