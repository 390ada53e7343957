import type { Chance } from './random.ts';

/** Values that have no business where they are put. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  ' ',
  'COMPLETED',
  'FINISHED',
  'SUCCESSFUL',
  'download',
  'true',
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-13-45T99:99:99Z',
  '2026-11-02',
  '\u0000\u001b[31m',
  '\ud83d',
  '\u202egnp.exe',
  'x'.repeat(70_000),
  `${'a-b.c-d.'.repeat(2_000)}`,
  'https://user:pw@example.com/?sig=secret',
  [],
  {},
  [[[]]],
  { $date: 0 },
  { constructor: { prototype: {} } },
];

/** Keys that some parsers fall over. */
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'id',
  'errorCode',
  'status',
  'content',
  'results',
];

/** Changes one thing of a JSON value, somewhere inside it. */
export function mutateValue(value: unknown, chance: Chance): unknown {
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf || chance.next() < 0.1) return chance.one(ODD_VALUES);
  if (Array.isArray(value)) return mutateList(value, chance);
  const fields = value as Record<string, unknown>;
  const keys = Object.keys(fields);
  const key = keys.length === 0 ? chance.one(ODD_KEYS) : chance.one(keys);
  switch (chance.below(6)) {
    case 0:
      return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));
    case 1:
      return { ...fields, [chance.one(ODD_KEYS)]: chance.one(ODD_VALUES) };
    case 2:
      return { ...fields, [key]: fields[chance.one(keys.length === 0 ? [key] : keys)] };
    default:
      return { ...fields, [key]: mutateValue(fields[key], chance) };
  }
}

function mutateList(list: readonly unknown[], chance: Chance): unknown[] {
  if (list.length === 0) return [chance.one(ODD_VALUES)];
  const at = chance.below(list.length);
  switch (chance.below(4)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return [...list, list[at]];
    case 2:
      return list.toReversed();
    default:
      return list.with(at, mutateValue(list[at], chance));
  }
}

/** Changes the bytes of an answer: flips, cuts, repeats, puts in, or says it in another encoding. */
export function mutateBytes(bytes: Buffer, chance: Chance): Buffer {
  if (bytes.length === 0) return Buffer.from([chance.below(256)]);
  const at = chance.below(bytes.length);
  const to = Math.min(bytes.length, at + 1 + chance.below(40));
  const [head, part, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (chance.below(7)) {
    case 0:
      return head;
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, part, part, tail]);
    case 3:
      return Buffer.concat([
        head,
        Buffer.from(chance.one(['\u0000', '\r\n', '"', '}', '\ufeff', '{"id":', '\xff'])),
        part,
        tail,
      ]);
    case 4:
      return Buffer.concat([Buffer.from('\ufeff'), bytes]);
    case 5:
      return Buffer.from(bytes.toString('utf8'), 'utf16le');
    default: {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8));
      return flipped;
    }
  }
}
