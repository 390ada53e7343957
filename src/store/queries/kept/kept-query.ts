import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import { LastUsed } from '../../last-used.ts';
import type { Database } from '../schema.ts';
import { fewLengths } from './few-lengths.ts';

type Value = string | number | null;

/** What differs from one run of a statement to the next, by name; a list stands for one value or more. */
type Values = Readonly<Record<string, Value | readonly Value[]>>;

/** What else the text of a statement hangs on. */
type Form = Readonly<Record<string, string | boolean | undefined>>;

/** Runs a statement with these values; returns the rows that it has. */
type KeptQuery<Given extends Values, Row, Shape extends Form> = (
  db: Kysely<Database>,
  values: Given,
  ...form: Shape extends Record<string, never> ? [] : [Shape]
) => Promise<Row[]>;

/** Forms of one statement that are kept: those that were used last. */
const MOST_FORMS = 100;

/**
 * Keeps a statement compiled: it is built once for each form, and from then on only gets its values. To build one costs more than most
 * of them cost to run. A text and the names of its values are kept, by the dialect of the database: nothing that happens in a database makes
 * them untrue.
 *
 * `build` may do nothing with a value but hand it to the statement: it gets marks in their place, which throw when they are used as a
 * number or a text. A value that is `null` is another form. So is a list of another length, so its last value is repeated until there are
 * 1, 2, 4, 8… of them: each list must stand where a value that comes twice says no more than once (`in`, `not in`).
 */
export function keepQuery<Given extends Values, Row, Shape extends Form = Record<string, never>>(
  build: (db: Kysely<Database>, values: Given, form: Shape) => Compilable<Row>,
): KeptQuery<Given, Row, Shape> {
  const keptFor = new WeakMap<object, LastUsed<CompiledQuery<unknown>>>();
  return async (db, given, ...[form]) => {
    const values = withFewLengths(given);
    const { adapter } = db.getExecutor();
    const kept = keptFor.get(adapter) ?? new LastUsed<CompiledQuery<unknown>>(MOST_FORMS);
    keptFor.set(adapter, kept);
    const key = keyOf(values, form);
    let query = kept.get(key);
    if (query === undefined) {
      // Marks stand where the values will: `build` cannot tell them apart, or throws.
      query = build(db, marksFor(values) as unknown as Given, form as Shape).compile();
      kept.set(key, query);
    }
    const parameters = query.parameters.map((one) => (one instanceof Mark ? one.valueIn(values) : one));
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

function withFewLengths(given: Values): Values {
  let values = given;
  for (const [name, value] of Object.entries(given)) {
    if (value === null || typeof value !== 'object') continue;
    const list = fewLengths(value);
    if (list !== value) values = { ...values, [name]: list };
  }
  return values;
}

/** Stands for a value while a statement is built. */
class Mark {
  readonly #name: string;
  readonly #index: number | null;

  constructor(name: string, index: number | null) {
    this.#name = name;
    this.#index = index;
  }

  valueIn(values: Values): Value | undefined {
    const value = values[this.#name];
    if (this.#index === null || typeof value !== 'object') return value as Value;
    return value?.[this.#index];
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`the value ${this.#name} of a kept statement is known only when it runs`);
  }
}

function marksFor(values: Values): Record<string, null | Mark | Mark[]> {
  const marks: Record<string, null | Mark | Mark[]> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null) marks[name] = null;
    else if (typeof value === 'object') marks[name] = value.map((_, index) => new Mark(name, index));
    else marks[name] = new Mark(name, null);
  }
  return marks;
}

function keyOf(values: Values, form: Form | undefined): string {
  let key = form === undefined ? '' : JSON.stringify(form);
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value === null) key += `,${name} null`;
    else if (typeof value === 'object') key += `,${name} ${value.length}`;
  }
  return key;
}
