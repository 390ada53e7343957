/** Control characters (line breaks, escape sequences), separators of lines, and marks that turn the reading direction. */
const LAYOUT = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const LAYOUTS = new RegExp(`${LAYOUT.source}+`, LAYOUT.flags);

/** Text in which each run of control characters and the like is a space: a name from elsewhere must not draw its own layout. */
export function withoutLayout(text: string): string {
  return text.replace(LAYOUTS, ' ');
}

/** Text in which each of these characters is what `by` makes of it. */
export function replaceLayout(text: string, by: (character: string) => string): string {
  return text.replace(LAYOUT, by);
}

/** The same as one line of sound characters, without space around it. */
export function oneLine(text: string): string {
  return withoutLayout(text.toWellFormed()).trim();
}
