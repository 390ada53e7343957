import { SHORTEST_PATTERN } from './search.ts';
import { plainest, unitsOf } from './unescaped.ts';

/**
 * From here on a secret is hidden wherever it stands, within a longer word too. A shorter one is hidden where it stands alone: `dev` as
 * a password must not garble "developers". One character is nobody's secret.
 */
export const SHORTEST_ANYWHERE = 8;
export const SHORTEST_ALONE = 2;

/**
 * What to search for to find a secret however it is spelt, as units of a text whose escapes are being undone layer by layer (see
 * `layersOfText`). So nothing is needed here for JSON, percent signs, forms and entities, mixed or nested; what turns bytes into other
 * text is: base64 and base64url at any offset, hex, and UTF-8 that was read as Latin-1.
 */
export function spellingsOf(secret: string): Uint16Array[] {
  const bytes = Buffer.from(secret.toWellFormed(), 'utf8');
  const hex = bytes.toString('hex');
  const spelt = [...base64Forms(bytes), hex, hex.toUpperCase(), bytes.toString('latin1')].map(asUnits);
  const all = secret.length < SHORTEST_ANYWHERE ? spelt : [asUnits(secret), plainest(secret), ...spelt];
  const distinct = new Map(all.map((units) => [units.join(), units]));
  return [...distinct.values()].filter(({ length }) => length >= SHORTEST_PATTERN);
}

function asUnits(text: string): Uint16Array {
  return unitsOf(text).codes;
}

/**
 * The characters of a base64 text that depend on the secret alone, for each of the three offsets at which it may begin in what was
 * encoded: `Basic` credentials hold the password after the user's name.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/={1,2}$/, '');
    // The first and last character may hold bits of what is around the secret.
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const form = encoded.slice(start, end);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
