import type { CommandWords } from './vocabulary.ts';

/** The names that the program is called by: those of `bin` in package.json. */
export const PROGRAMS = ['restore-watcher', 'atlas-restore-watcher'] as const;

/** The flags that name the configuration: what the line gives there is handed on to whoever is asked for names. */
export const CONFIG_FLAGS = ['-c', '--config'] as const;

/** The steps from a command to one of its own, as `path word`: `" audit"`, `"audit verify"`. A script goes from word to word by them. */
export function stepsOf(vocabulary: readonly CommandWords[]): readonly string[] {
  return vocabulary.flatMap(({ path, commands }) => commands.map(({ name }) => `${path} ${name}`));
}

/** The flags whose next word is theirs, as `path flag`: a script passes over that word. */
export function valuedFlagsOf(vocabulary: readonly CommandWords[]): readonly string[] {
  return vocabulary.flatMap(({ path, options }) =>
    options
      .filter((option) => option.isValueRequired)
      .flatMap(({ flags }) => flags.map((flag) => `${path} ${flag}`)),
  );
}
