/** What a text may hold: `header` can be sent in an HTTP header, `address` is a URL, `text` is any text that somebody has typed. */
export type Charset = 'header' | 'address' | 'text';

/** Characters that people cannot see, or do not see as what they are, by their names. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x09, 'a tab'],
  [0x0a, 'a line feed'],
  [0x0d, 'a carriage return'],
  [0x7f, 'a delete character'],
  [0xa0, 'a no-break space'],
  [0xad, 'a soft hyphen'],
  [0x200b, 'a zero-width space'],
  [0x200c, 'a zero-width non-joiner'],
  [0x200d, 'a zero-width joiner'],
  [0x200e, 'a left-to-right mark'],
  [0x200f, 'a right-to-left mark'],
  [0x2013, 'a dash that is no hyphen'],
  [0x2014, 'a dash that is no hyphen'],
  [0x2060, 'a word joiner'],
  [0xfeff, 'a byte order mark'],
  [0xfffd, 'a replacement character, which stands for what could not be read'],
]);

const TYPOGRAPHIC_QUOTES = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c-\u300f\uff02\uff07]/u;
const CONTROLS = /\p{Cc}/u;
/** What shows nothing: format characters, separators of lines, fillers, and halves of pairs. */
const INVISIBLE =
  /\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Variation_Selector}|[\u115f\u1160\u2800\u3164\uffa0\ufffd]/u;
const BEYOND_LATIN_1 = /[^\0-\u00ff]/u;

/**
 * Names the first character of a text that cannot stand there, and where: `a zero-width space (U+200B) at its beginning`. The text is
 * not quoted. `null`: it may stand as it is.
 */
export function unfitCharacter(text: string, charset: Charset): string | null {
  const characters = [...text];
  const last = characters.length - 1;
  const at = characters.findIndex((character, index) => {
    if (CONTROLS.test(character) || INVISIBLE.test(character)) return true;
    if (charset === 'header') return BEYOND_LATIN_1.test(character) || isQuoteAround(character, index, last);
    return isQuoteAround(character, index, last);
  });
  const character = characters[at];
  if (character === undefined) return null;
  return `${nameOf(character)} ${at === 0 ? 'at its beginning' : at === last ? 'at its end' : 'in its middle'}`;
}

function isQuoteAround(character: string, index: number, last: number): boolean {
  return (index === 0 || index === last) && TYPOGRAPHIC_QUOTES.test(character);
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const name =
    NAMES.get(code) ??
    (TYPOGRAPHIC_QUOTES.test(character)
      ? 'a typographic quotation mark'
      : CONTROLS.test(character)
        ? 'a control character'
        : INVISIBLE.test(character)
          ? 'an invisible character'
          : 'a character beyond Latin-1');
  return `${name} (${point})`;
}
