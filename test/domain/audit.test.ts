import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  auditLine,
  brokenLink,
  GENESIS,
  writeEntries,
} from '../../src/domain/audit.ts';
import { chainEntries } from '../support/audit-chain.ts';
import { T0 } from '../support/builders.ts';

function aDraft(over: Partial<AuditDraft> = {}): AuditDraft {
  return { at: T0, kind: 'transition', data: { jobId: '60800a1b2c3d4e5f60718293', to: 'failed' }, ...over };
}

function aChain(length = 5): AuditEntry[] {
  return chainEntries(
    GENESIS,
    Array.from({ length }, (_, index) => aDraft({ at: T0 + index, data: { index } })),
  );
}

/** The faults found when the entries are walked from the start. */
function faults(entries: readonly AuditEntry[], from: AuditHead = GENESIS): string[] {
  let head = from;
  return entries.flatMap((entry) => {
    const fault = brokenLink(head, entry);
    head = entry;
    return fault === null ? [] : [fault];
  });
}

describe('the audit chain', () => {
  it('numbers entries from 1 without gaps, each naming the hash of the one before', () => {
    const entries = aChain(3);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(entries.map(({ prev }) => prev)).toEqual(['0'.repeat(64), entries[0]?.hash, entries[1]?.hash]);
    expect(faults(entries)).toEqual([]);
  });

  it('continues from the last entry as if it had been written in one go', () => {
    const whole = aChain(5);
    const drafts = whole.slice(3).map(({ seq }) => aDraft({ at: T0 + seq - 1, data: { index: seq - 1 } }));
    expect(chainEntries(whole[2]!, drafts)).toEqual(whole.slice(3));
  });

  it('stays as it is when there is nothing to add', () => {
    expect(chainEntries(GENESIS, [])).toEqual([]);
  });

  it('can be checked by anybody: SHA-256 over sorted JSON without the hash', () => {
    const [entry] = chainEntries(GENESIS, [aDraft()]);
    const text =
      `{"at":"2026-11-02T08:00:05.000Z","data":{"jobId":"60800a1b2c3d4e5f60718293","to":"failed"},` +
      `"kind":"transition","prev":"${'0'.repeat(64)}","seq":1,"v":1}`;
    expect(entry?.hash).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('is content with an entry that was written as a line and read back', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (data) => {
        const entries = chainEntries(
          GENESIS,
          data.map((each) => aDraft({ data: each })),
        );
        const lines = entries.map(auditLine);
        expect(lines.join('')).not.toContain('\n');
        expect(faults(lines.map((line) => JSON.parse(line)))).toEqual([]);
      }),
    );
  });
});

describe('writing an entry', () => {
  it('looks at its data once', () => {
    let reads = 0;
    const data = {
      get jobId() {
        reads += 1;
        return '60800a1b2c3d4e5f60718293';
      },
    };
    writeEntries(GENESIS, [aDraft({ data })]);
    expect(reads).toBe(1);
  });

  it('writes what is no plain JSON as JSON has it', () => {
    const data = {
      half: 'a\ud83d',
      none: undefined,
      list: [undefined, Number.NaN, 'b\udc00'],
      date: new Date(T0),
      bare: Object.assign(Object.create(null), { x: 1 }),
    };
    const [entry] = chainEntries(GENESIS, [aDraft({ data })]);
    expect(entry?.data).toEqual({
      half: 'a\ufffd',
      list: [null, null, 'b\ufffd'],
      date: new Date(T0).toISOString(),
      bare: { x: 1 },
    });
    expect(brokenLink(GENESIS, entry!)).toBeNull();
  });
});

describe('tampering', () => {
  const replace = (index: number, change: (entry: AuditEntry) => AuditEntry): AuditEntry[] =>
    aChain().map((entry, at) => (at === index ? change(entry) : entry));

  it.each<[string, (entry: AuditEntry) => AuditEntry]>([
    ['the data', (entry) => ({ ...entry, data: { index: 99 } })],
    ['a field of the data', (entry) => ({ ...entry, data: { ...entry.data, note: 'all is well' } })],
    ['the time', (entry) => ({ ...entry, at: '2026-11-02T08:00:06.000Z' })],
    ['the kind', (entry) => ({ ...entry, kind: 'decision' })],
    ['the layout number', (entry) => ({ ...entry, v: 2 as 1 })],
    ['the hash', (entry) => ({ ...entry, hash: entry.hash.replace(/^./, (c) => (c === '0' ? '1' : '0')) })],
    ['a field that was added', (entry) => ({ ...entry, note: 'all is well' }) as AuditEntry],
  ])('with %s is found at that entry', (_what, change) => {
    expect(faults(replace(2, change))[0]).toBe('entry 3 was changed after it was written');
  });

  it('with the predecessor is found', () => {
    const entries = replace(2, (entry) => ({ ...entry, prev: 'f'.repeat(64) }));
    expect(faults(entries)[0]).toBe('entry 3 does not continue entry 2');
  });

  it('is found at the next entry when the changed one was given a fitting hash', () => {
    const entries = aChain();
    const [forged] = chainEntries(entries[1]!, [aDraft({ data: { index: 'forged' } })]);
    entries[2] = forged!;
    expect(faults(entries)).toEqual(['entry 4 does not continue entry 3']);
  });

  it('by deleting an entry is found', () => {
    const entries = aChain();
    expect(faults(entries.toSpliced(2, 1))).toEqual(['entry 3 expected, found 4']);
    expect(faults(entries.slice(1))[0]).toBe('entry 1 expected, found 2');
  });

  it('by swapping two entries is found', () => {
    const [one, two, three, ...rest] = aChain();
    expect(faults([one!, three!, two!, ...rest])[0]).toBe('entry 2 expected, found 3');
  });

  it('by writing an entry twice is found', () => {
    const entries = aChain();
    expect(faults([...entries.slice(0, 3), ...entries.slice(2)])).toEqual(['entry 4 expected, found 3']);
  });

  it('by cutting the tail shows against the remembered head', () => {
    const entries = aChain();
    const head: AuditHead = entries.at(-1)!;
    const left = entries.slice(0, 4);
    expect(faults(left)).toEqual([]);
    expect(left.at(-1)?.hash).not.toBe(head.hash);
  });

  it('is never missed, whichever byte of a line is changed', () => {
    const [entry] = chainEntries(GENESIS, [aDraft()]);
    const line = auditLine(entry!);
    for (let at = 0; at < line.length; at += 1) {
      const changed = `${line.slice(0, at)}${line[at] === 'x' ? 'y' : 'x'}${line.slice(at + 1)}`;
      expect(isSound(changed), changed).toBe(false);
    }
    expect(isSound(line)).toBe(true);
  });

  function isSound(line: string): boolean {
    try {
      return brokenLink(GENESIS, JSON.parse(line)) === null;
    } catch {
      return false;
    }
  }
});

describe('the canonical form', () => {
  const lineOf = (data: AuditDraft['data']): string =>
    auditLine(chainEntries(GENESIS, [aDraft({ data })])[0]!);
  const dataText = (data: AuditDraft['data']): string =>
    /"data":(?<data>.*),"hash":"[0-9a-f]{64}","kind"/s.exec(lineOf(data))?.groups?.data ?? 'no data';

  it('does not depend on the order of keys, at any depth', () => {
    const one = { b: 1, a: { y: [1, { d: 1, c: 2 }], x: null } };
    const other = { a: { x: null, y: [1, { c: 2, d: 1 }] }, b: 1 };
    expect(lineOf(one)).toBe(lineOf(other));
    expect(dataText(one)).toBe('{"a":{"x":null,"y":[1,{"c":2,"d":1}]},"b":1}');
  });

  it('keeps the order of lists', () => {
    expect(dataText({ list: [3, 1, 2] })).toBe('{"list":[3,1,2]}');
  });

  it('is that of the example in RFC 8785, section 3.2.2 and 3.2.3', () => {
    const data = JSON.parse(
      String.raw`{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
      }`,
    );
    expect(dataText(data)).toBe(
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts keys by UTF-16 code units, as the second example of RFC 8785, section 3.2.3', () => {
    const data = JSON.parse(
      String.raw`{
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"
      }`,
    );
    expect([...dataText(data).matchAll(/"([A-Z][^"]*)"/g)].map(([, value]) => value)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
  ])('writes the number %d as %s, as RFC 8785, appendix B', (number, text) => {
    expect(dataText({ number })).toBe(`{"number":${text}}`);
  });

  it('is written even for a text cut in the middle of an emoji, with the broken half replaced', () => {
    const [entry] = chainEntries(GENESIS, [
      aDraft({ data: { says: ['out of space \ud83d'], 'a\ud83d': 1 } }),
    ]);
    expect(entry?.data).toEqual({ says: ['out of space \ufffd'], 'a\ufffd': 1 });
    expect(brokenLink(GENESIS, JSON.parse(auditLine(entry!)))).toBeNull();
  });

  it('leaves out what JSON cannot say, in the entry as in its hash', () => {
    const [entry] = chainEntries(GENESIS, [aDraft({ data: { a: undefined, b: 1 } })]);
    expect(entry?.data).toEqual({ b: 1 });
    expect('a' in (entry?.data ?? {})).toBe(false);
  });
});
