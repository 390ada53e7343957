/** What a field of a body has to hold. A list: one of these words. */
type Kind =
  | 'string'
  | 'id'
  | 'date'
  | 'boolean'
  | 'count'
  | 'number'
  | 'strings'
  | 'links'
  | 'parameters'
  | readonly string[]
  | Table;

/** A field is optional where its name ends in `?`, and may hold `null` where its kind is in a list with `null`. */
export interface Table {
  readonly [field: string]: Kind | readonly [Kind, null] | { readonly each: Table };
}

/** What is wrong with a body, field by field; nothing for a body that is as the table says. */
export function problemsOf(body: unknown, table: Table, at = ''): string[] {
  if (!isRecord(body)) return [`${at || 'body'} is no object`];
  const known = new Map(Object.entries(table).map(([name, kind]) => [name.replace('?', ''), { name, kind }]));
  const unknown = Object.keys(body).filter((field) => !known.has(field));
  return [
    ...unknown.map((field) => `${at}${field} is not in the table`),
    ...[...known].flatMap(([field, { name, kind }]) => {
      if (!(field in body)) return name.endsWith('?') ? [] : [`${at}${field} is missing`];
      return problemsOfField(body[field], kind, `${at}${field}`);
    }),
  ];
}

function problemsOfField(value: unknown, kind: Table[string], at: string): string[] {
  if (isNullable(kind)) return value === null ? [] : problemsOfField(value, kind[0], at);
  if (typeof kind === 'string')
    return CHECKS[kind](value) ? [] : [`${at} is no ${kind}: ${JSON.stringify(value)}`];
  if (Array.isArray(kind))
    return kind.includes(value) ? [] : [`${at} is not one of ${kind}: ${JSON.stringify(value)}`];
  if ('each' in kind) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((item, index) => problemsOf(item, kind.each as Table, `${at}[${index}].`));
  }
  return problemsOf(value, kind as Table, `${at}.`);
}

function isNullable(kind: Table[string]): kind is readonly [Kind, null] {
  return Array.isArray(kind) && kind.length === 2 && kind[1] === null;
}

const CHECKS: Record<Extract<Kind, string>, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  id: (value) => typeof value === 'string' && /^[0-9a-f]{24}$/.test(value),
  date: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value),
  boolean: (value) => typeof value === 'boolean',
  count: (value) => Number.isInteger(value) && Number(value) >= 0,
  number: (value) => typeof value === 'number',
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  // The schema says objects; every real error has texts or numbers, or none.
  parameters: (value) =>
    value === null ||
    (Array.isArray(value) && value.every((item) => ['string', 'number'].includes(typeof item))),
  links: (value) =>
    Array.isArray(value) &&
    value.every((link) => isRecord(link) && typeof link.rel === 'string' && URL.canParse(String(link.href))),
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A page of a list. */
export function listOf(item: Table, { countable = true } = {}): Table {
  return { links: 'links', results: { each: item }, [countable ? 'totalCount?' : 'totalCount']: 'count' };
}

/** An error. */
export const ERROR_TABLE: Table = {
  detail: 'string',
  error: 'count',
  errorCode: 'string',
  'parameters?': 'parameters',
  reason: 'string',
};
