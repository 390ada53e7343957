import { parseInstant, type Timestamp } from '../../domain/instant.ts';
import type { ScrubValue } from '../reply/scrub.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Says what is wrong with one job of an answer, without quoting it. Caught where a job is decoded, never leaves `kinds/`. */
export class FieldProblem extends Error {
  /** For people. */
  inWords(_scrub: ScrubValue): string {
    return this.message;
  }
}

/** A value that nobody knows is quoted, so that people can look it up. */
class UnknownValue extends FieldProblem {
  readonly #field: string;
  readonly #value: string;

  constructor(field: string, value: string) {
    super(`${field} has a value that is not known`);
    this.#field = field;
    this.#value = value;
  }

  override inWords(scrub: ScrubValue): string {
    return `${this.#field} "${scrub(this.#value)}" is not known`;
  }
}

/** True or false; absent means false (Atlas leaves out what has no value). */
export function readFlag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null) return false;
  throw wrongType(name, value, 'true or false');
}

/** An ISO 8601 date that matters; `null` when absent. */
export function readInstant(fields: Fields, name: string): Timestamp | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw wrongType(name, value, 'a date');
  const at = instantOf(value);
  if (at === null) throw new FieldProblem(`${name} is not a date`);
  return at;
}

/** A date for show: whatever is wrong with it must not hide the job. */
export function readInstantIfAny(fields: Fields, name: string): Timestamp | null {
  const value = fields[name];
  return typeof value === 'string' ? instantOf(value) : null;
}

/** A text that matters, as it stands: to be compared, and scrubbed before it goes anywhere. `path` is for people. */
export function readText(fields: Fields, name: string, path = name): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wrongType(path, value, 'a text');
  return value;
}

/** A text for show, scrubbed: whatever is wrong with it must not hide the job. */
export function readTextIfAny(fields: Fields, name: string, scrub: ScrubValue): string | null {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? scrub(value) : null;
}

/** A count for show; `null` for anything but a whole number from 0. */
export function readCountIfAny(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The id of a job, or `null`. */
export function readId(fields: Fields): string | null {
  const { id } = fields;
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : null;
}

/** The problem of a field that holds something else than is expected. */
export function wrongType(name: string, value: unknown, expected: string): FieldProblem {
  return new FieldProblem(`${name} is ${typeNameOf(value)} where ${expected} was expected`);
}

/** The problem of a value that Atlas may have added since. */
export function unknownValue(name: string, value: string): FieldProblem {
  return new UnknownValue(name, value);
}

const PLAIN_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Dates are where decoding spends its time, and Atlas's are nearly all of one form: that one is read the short way. */
function instantOf(text: string): Timestamp | null {
  if (!PLAIN_DATE.test(text) || text.slice(8, 10) > '28') return parseInstant(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
