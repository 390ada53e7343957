let segmenter: Intl.Segmenter | undefined;

/** Made for the first text that is too long: it takes 20 ms and 2.4 MB. */
function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter;
}

/** The longest that people write as one character (a family of emoji, a flag) has no more UTF-16 units. */
const WIDEST = 64;

/**
 * Cuts to `limit` UTF-16 units (what receivers count), with an ellipsis, and never through the middle of what people see as one
 * character. The result is well-formed: half of a pair, wherever it came from, becomes U+FFFD.
 */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  const seen = text.slice(0, limit + WIDEST).toWellFormed();
  return `${seen.slice(0, boundaryBefore(seen, Math.max(0, limit - 1)))}…`;
}

/** The same, by characters (code points) in place of UTF-16 units: at most `limit`, the ellipsis included. */
export function shortenToCharacters(text: string, limit: number): string {
  const room = unitsOfCharacters(text, limit);
  if (room >= text.length) return text.toWellFormed();
  return shorten(text, unitsOfCharacters(text, limit - 1) + 1);
}

/** How many UTF-16 units the first `count` characters take. */
function unitsOfCharacters(text: string, count: number): number {
  let units = 0;
  for (let left = count; left > 0 && units < text.length; left -= 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** Where the character that covers this place begins, and never in the middle of a pair. */
function boundaryBefore(text: string, place: number): number {
  const start = wholePair(text, Math.max(0, place - WIDEST));
  const segment = graphemes()
    .segment(text.slice(start))
    .containing(place - start);
  if (segment === undefined) return place;
  const begin = start + segment.index;
  // A character without end (marks upon marks) is cut between two of its parts.
  return begin > start || place - begin < WIDEST / 2 ? begin : wholePair(text, place);
}

function wholePair(text: string, place: number): number {
  const isInside =
    /[\udc00-\udfff]/.test(text.charAt(place)) && /[\ud800-\udbff]/.test(text.charAt(place - 1));
  return isInside ? place - 1 : place;
}
