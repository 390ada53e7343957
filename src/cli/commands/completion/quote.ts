import { quoted } from '../../../domain/shell-word.ts';

/** One pattern of a `case` in bash and zsh that takes each of these texts as it stands. */
export function oneOf(patterns: readonly string[]): string {
  return patterns.map(quoted).join('|');
}
