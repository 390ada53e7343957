import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_FRONTIER, growFrontier, leafHash, rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint, parseCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import {
  type NoteVerdict,
  parseNote,
  parsePrivateKey,
  parseVerifierKey,
  privateKeyPem,
  signingKey,
  signNote,
  verifierKeyText,
  verifyNote,
} from '../../../src/domain/evidence/signed-note.ts';
import { aLogKey, aPrivateKey } from '../../support/signed-log.ts';

/** The example of the specification (C2SP signed-note). */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE =
  'This is an example message.\n\n' +
  '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
/** The example of the first implementation (golang.org/x/mod/sumdb/note). */
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_EXAMPLE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const verdict = (note: string, key: string): NoteVerdict | null => {
  const [parsed, verifier] = [parseNote(note), parseVerifierKey(key)];
  return parsed && verifier && verifyNote(parsed, verifier);
};
const keyText = (key: ReturnType<typeof aLogKey>) => verifierKeyText(key.verifier);

describe('a signed note', () => {
  it('is verified where others have signed it', () => {
    expect(verdict(EXAMPLE, EXAMPLE_KEY)).toBe('signed');
    expect(verdict(GO_EXAMPLE, GO_KEY)).toBe('signed');
  });

  it('is wrong when any letter of its text is another', () => {
    const end = EXAMPLE.indexOf('\n');
    for (let at = 0; at < end; at += 1) {
      const changed = `${EXAMPLE.slice(0, at)}#${EXAMPLE.slice(at + 1)}`;
      expect(verdict(changed, EXAMPLE_KEY), `letter ${at}`).toBe('wrong');
    }
  });

  it('is unsigned for a key of another name, and for another key of the same name', () => {
    expect(verdict(EXAMPLE, GO_KEY)).toBe('unsigned');
    expect(verdict(EXAMPLE, keyText(aLogKey('example.com/foo')))).toBe('unsigned');
  });

  it('is read by whoever has the key, whatever its text and name', () => {
    const names = fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !/[\s+\p{Cc}]/u.test(name));
    const lines = fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/\p{Cc}/u.test(line)));
    fc.assert(
      fc.property(names, lines, (name, text) => {
        const key = aLogKey(name);
        const note = signNote(`${text.join('\n')}\n`, key);
        expect(verdict(note, keyText(key))).toBe('signed');
        expect(parseNote(note)?.text).toBe(`${text.join('\n')}\n`);
      }),
      { numRuns: 50 },
    );
  });

  it('may carry signatures of others, which are ignored', () => {
    const [own, other] = [aLogKey(), aLogKey('example.com/witness')];
    const [note, cosigned] = [signNote('text\n', own), signNote('another text\n', other)];
    const both = `${note}${cosigned.split('\n').slice(-2).join('\n')}`;
    expect(verdict(both, keyText(own))).toBe('signed');
    expect(verdict(both, keyText(other))).toBe('wrong');
  });

  it.each([
    ['nothing', ''],
    ['a text alone', 'text\n'],
    ['no newline at its end', EXAMPLE.trimEnd()],
    ['no signature', 'text\n\n'],
    ['a hyphen for the dash', EXAMPLE.replace('—', '-')],
    ['a signature that is no base64', EXAMPLE.replace('Uw2Q', 'Uw_Q')],
    ['a signature of a key id alone', 'text\n\n— name Uw2QOg==\n'],
    ['a control character', EXAMPLE.replace('This', 'Th\ris')],
    ['two spaces', EXAMPLE.replace('— ', '—  ')],
    ['endless signatures', `text\n\n${'— a AAAAAAA=\n'.repeat(65)}`],
  ])('is not %s', (_what, text) => {
    expect(parseNote(text)).toBeNull();
  });

  it('is not made of a text that has no end, or of a name that cannot stand in it', () => {
    expect(() => signNote('text', aLogKey())).toThrow('newline');
    expect(() => signNote('te\txt\n', aLogKey())).toThrow('control');
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u0007']) expect(() => aLogKey(name)).toThrow('name');
  });
});

describe('a verifier key', () => {
  it('is read back, also where its base64 has plus signs', () => {
    const keys = Array.from({ length: 100 }, () => aLogKey());
    expect(keys.some((key) => keyText(key).split('+').length > 3)).toBe(true);
    for (const { verifier } of keys) expect(parseVerifierKey(verifierKeyText(verifier))).toEqual(verifier);
  });

  it.each([
    ['nothing', ''],
    ['a name alone', 'example.com/foo'],
    ['the id of another', EXAMPLE_KEY.replace('530d903a', '530d903b')],
    ['the name of another', EXAMPLE_KEY.replace('foo', 'bar')],
    ['a key that is cut', EXAMPLE_KEY.slice(0, -4)],
    ['another type', EXAMPLE_KEY.replace('+Ae', '+Be')],
  ])('is not %s', (_what, text) => {
    expect(parseVerifierKey(text)).toBeNull();
  });

  it('belongs to a private key that is kept as PKCS#8', () => {
    const pem = privateKeyPem(aPrivateKey());
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const [once, again] = [parsePrivateKey(pem), parsePrivateKey(pem)];
    if (once === null || again === null) throw new Error('the key is not read back');
    expect(verdict(signNote('text\n', signingKey('log', once)), keyText(signingKey('log', again)))).toBe(
      'signed',
    );
    expect(parsePrivateKey('no key')).toBeNull();
  });
});

describe('a checkpoint', () => {
  const root = rootOf(growFrontier(EMPTY_FRONTIER, [leafHash('one'), leafHash('two')]));

  it('says how a log stands, signed by its name', () => {
    const key = aLogKey();
    const text = makeCheckpoint({ size: 2, root }, key);
    expect(text.split('\n').slice(0, 4)).toEqual(['example.com/log', '2', root.toString('base64'), '']);
    expect(parseCheckpoint(text)).toMatchObject({ origin: 'example.com/log', size: 2, root });
    expect(verdict(text, keyText(key))).toBe('signed');
  });

  it('is read with lines that others add behind the root', () => {
    const text = signNote(`log\n2\n${root.toString('base64')}\nmore\n`, aLogKey('log'));
    expect(parseCheckpoint(text)?.size).toBe(2);
  });

  it.each([
    ['a note of something else', 'This is an example message.\n'],
    ['a size with a zero before it', `log\n02\n${root.toString('base64')}\n`],
    ['a size that is too large', `log\n99999999999999999999\n${root.toString('base64')}\n`],
    ['a root that is cut', `log\n2\n${root.toString('base64').slice(4)}\n`],
    ['no name', `\n2\n${root.toString('base64')}\n`],
  ])('is not %s', (_what, text) => {
    expect(parseCheckpoint(signNote(text, aLogKey('log')))).toBeNull();
  });
});
