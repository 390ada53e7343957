/** One pattern of a `case` in bash and zsh that takes each of these texts as it stands. */
export function oneOf(patterns: readonly string[]): string {
  return patterns.map(quoted).join('|');
}

/** A word of bash and zsh that stands for this text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
