/** Line breaks, other control characters and marks that turn the reading direction become spaces: a name must not draw its own layout. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
}
