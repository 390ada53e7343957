import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/net/redact/redactor.ts';

const MARK = '[redacted]';

/** Every way in which somebody may write a text down, by its name. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  JSON: inJson,
  'JSON with escaped slashes': (text) => inJson(text).replaceAll('/', '\\/'),
  'JSON of ASCII alone': (text) => inJson(text).replace(/[^\x20-\x7e]/g, hexEscape),
  'JSON of ASCII alone, upper case': (text) => inJson(text).replace(/[^\x20-\x7e]/g, upperHexEscape),
  'JSON with every character escaped': (text) => text.replace(/./gs, hexEscape),
  'JSON in JSON': (text) => inJson(inJson(text)),
  'percent signs': encodeURIComponent,
  'percent signs in lower case': (text) => lowerPercents(encodeURIComponent(text)),
  'the percent signs of a whole address': encodeURI,
  'percent signs for all': (text) => [...Buffer.from(text)].map(percent).join(''),
  'percent signs twice over': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent signs after Latin-1': (text) => escape(text),
  'a form': (text) => new URLSearchParams({ a: text }).toString().slice(2),
  'a form in lower case': (text) => lowerPercents(new URLSearchParams({ a: text }).toString().slice(2)),
  'a form in JSON with escaped slashes': (text) =>
    inJson(new URLSearchParams({ a: text }).toString().slice(2)).replaceAll('/', '\\/'),
  'named entities': (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
      .replaceAll('/', '&sol;')
      .replaceAll('ß', '&szlig;')
      .replaceAll('<', '&lt;'),
  'decimal entities': (text) => [...text].map((character) => `&#${character.codePointAt(0)};`).join(''),
  'hexadecimal entities': (text) =>
    [...text].map((character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(''),
  'entities in JSON': (text) => inJson(text.replaceAll('"', '&#34;').replaceAll('/', '&#x2F;')),
  'JSON in an attribute': (text) => inJson(text).replaceAll('"', '&quot;'),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 after one byte': (text) => Buffer.from(`:${text}`).toString('base64'),
  'base64 after two bytes': (text) => Buffer.from(`u:${text}:x`).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64url after one byte': (text) => Buffer.from(`:${text}`).toString('base64url'),
  'base64url after two bytes': (text) => Buffer.from(`u:${text}:x`).toString('base64url'),
  'base64 in JSON with escaped slashes': (text) =>
    Buffer.from(text).toString('base64').replaceAll('/', '\\/'),
  'base64 in a form': (text) => encodeURIComponent(Buffer.from(text).toString('base64')),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex in upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'UTF-8 read as Latin-1': (text) => Buffer.from(text).toString('latin1'),
};

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hexEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function upperHexEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
}

function percent(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

function lowerPercents(text: string): string {
  return text.replace(/%../g, (found) => found.toLowerCase());
}

/** What is left of base64 may hold the first or last character of the secret's form, and its neighbours. */
const LEFT_OF_BASE64 = 7;

describe('a secret in every spelling', () => {
  const secret = 'p"a\\s/ß word';
  const { redact } = createRedactor([secret]);

  it.each(Object.entries(SPELLINGS))('is taken out: %s', (name, spell) => {
    const clean = redact(`<p>said ${spell(secret)}, and more`);
    expect(clean).toContain(MARK);
    const rest = clean.replace('<p>said ', '').replace(', and more', '').replace(MARK, '');
    expect(rest.length).toBeLessThanOrEqual(name.includes('base64') ? LEFT_OF_BASE64 : 0);
  });

  it('whatever the secret, and whatever stands around it', () => {
    const secrets = fc
      .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
      .filter((text) => text.trim().length >= 8);
    const around = fc.string({ maxLength: 5, unit: fc.constantFrom(' ', 'n', ':', '"', 'é', '😀', ',') });
    const spellings = fc.constantFrom(...Object.values(SPELLINGS));
    fc.assert(
      fc.property(secrets, spellings, around, around, (text, spell, before, after) => {
        const written = `${before}${spell(text)}${after}`;
        const clean = createRedactor([text]).redact(written);
        expect(clean).toContain(MARK);
        expect(clean).not.toContain(text);
      }),
      { numRuns: 400 },
    );
  });

  it('leaves a JSON text with escapes whole around it', () => {
    const json = JSON.stringify({ [`key ${secret}`]: [`a ${secret} "b" \\ c`, 1, null] }, null, 2);
    expect(JSON.parse(createRedactor([secret]).redactJson(json))).toEqual({
      [`key ${secret}`]: [`a ${MARK} "b" \\ c`, 1, null],
    });
    expect(createRedactor([secret]).redactJson('{"a": 1}')).toBe('{"a": 1}');
  });
});

describe('many secrets', () => {
  it('cost no more than a few: a text is walked once', () => {
    const secrets = Array.from(
      { length: 500 },
      (_, index) => `https://hooks.example.com/t/${index}/${index ** 5}`,
    );
    const text = `POST https://hooks.example.com/t/x "quoted" 100 % &amp; more; `.repeat(2_000);
    const timeOf = (redact: (text: string) => string): number => {
      redact(text.slice(0, 1_000));
      const before = process.cpuUsage();
      redact(text);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const few = Math.min(...[1, 2, 3].map(() => timeOf(createRedactor(secrets.slice(0, 5)).redact)));
    const many = Math.min(...[1, 2, 3].map(() => timeOf(createRedactor(secrets).redact)));
    expect(many / few).toBeLessThan(10);
  });
});
