import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditDraft, GENESIS, writeEntries } from '../../../src/domain/audit.ts';
import { createLineChain } from '../../../src/domain/evidence/audit-line.ts';
import { T0 } from '../../support/builders.ts';

const draft = (data: AuditDraft['data']): AuditDraft => ({ at: T0, kind: 'transition', data });

/** How many of these lines are followed from the genesis on. */
function followed(lines: readonly string[]): number {
  const chain = createLineChain(GENESIS);
  const stopped = lines.findIndex((line) => {
    const bytes = Buffer.from(`..${line}\n`);
    return !chain.follow(bytes, 2, bytes.length - 1);
  });
  expect(chain.head.seq).toBe(stopped === -1 ? lines.length : stopped);
  return chain.head.seq;
}

describe('the chain of lines', () => {
  it('is followed by the bytes that were hashed when they were written', () => {
    const texts = fc.dictionary(
      fc.stringMatching(/^[a-zA-Z]{1,8}$/),
      fc.oneof(fc.string({ unit: 'binary' }), fc.nat()),
    );
    fc.assert(
      fc.property(fc.array(texts), (data) => {
        const entries = writeEntries(GENESIS, data.map(draft));
        expect(followed(entries.map(({ line }) => line))).toBe(entries.length);
      }),
    );
  });

  const lines = writeEntries(GENESIS, [
    draft({ a: 'Zoë' }),
    draft({ b: { hash: 'x' } }),
    draft({ c: 3 }),
  ]).map(({ line }) => line);
  it.each<[string, (line: string) => string]>([
    ['another text', (line) => line.replace('"x"', '"y"')],
    ['a space', (line) => line.replace(':', ': ')],
    ['a space behind it', (line) => `${line} `],
    ['a byte order mark', (line) => `\ufeff${line}`],
    ['a repeated key', (line) => line.replace('{"hash":"x"}', '{"hash":"x","hash":"x"}')],
    ['another hash', (line) => line.replace(/"hash":"[0-9a-f]/, '"hash":"-')],
    ['another kind', (line) => line.replace('transition', 'decision')],
    ['another time', (line) => line.replace('{"at":"2', '{"at":"3')],
    ['a second entry behind it', (line) => line + line],
    ['no end', (line) => line.slice(0, -1)],
  ])('is not followed to a line with %s', (_what, change) => {
    expect(followed(lines.with(1, change(lines[1] ?? '')))).toBe(1);
  });

  it('is followed on from an entry that was judged otherwise, unless it has no hash', () => {
    const [, , last = ''] = lines;
    const bytes = Buffer.from(last);
    const { hash: prev } = JSON.parse(lines[1] ?? '') as { hash: string };
    const chain = createLineChain(GENESIS);
    chain.goOnFrom({ seq: 2, hash: 'f' });
    expect(chain.follow(bytes, 0, bytes.length)).toBe(false);
    chain.goOnFrom({ seq: 2, hash: prev });
    expect(chain.follow(bytes, 0, bytes.length)).toBe(true);
  });
});
