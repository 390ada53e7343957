/** So many ways of going on are looked at in all: real globs take a few dozen. */
const MOST_STATES = 500;
/** Stands where any character will do. */
const FILLER = 'sample';

/**
 * The shortest name that fits at least one `*` glob of every list; `null`: there is none, or the globs are too entangled to tell. Goes
 * forward letter by letter, in all globs at once.
 */
export function commonName(lists: ReadonlyArray<readonly string[]>): string | null {
  const letters = new Set([...lists.flat(2).join('').replaceAll('*', '')]);
  const start = lists.map((globs) =>
    openStates(
      globs,
      globs.map(() => [0]),
    ),
  );
  const seen = new Set<string>();
  let states = [{ at: start, name: '' }];
  while (states.length > 0) {
    const next: typeof states = [];
    for (const { at, name } of states) {
      if (name !== '' && at.every((places, index) => isAtEnd(lists[index] ?? [], places))) return name;
      for (const letter of [...letters, null]) {
        if (seen.size >= MOST_STATES) return null;
        const moved = lists.map((globs, index) => move(globs, at[index] ?? [], letter));
        const key = JSON.stringify(moved);
        if (seen.has(key) || moved.some((places) => places.every((each) => each.length === 0))) continue;
        seen.add(key);
        next.push({ at: moved, name: name + (letter ?? FILLER) });
      }
    }
    states = next;
  }
  return null;
}

/** Where each glob of a list may be: in front of which of its characters. */
type Places = ReadonlyArray<readonly number[]>;

/** A star may stand for nothing. */
function openStates(globs: readonly string[], places: Places): Places {
  return globs.map((glob, index) => {
    const open = new Set<number>();
    for (const place of places[index] ?? []) {
      let at = place;
      open.add(at);
      while (glob[at] === '*') open.add(++at);
    }
    return [...open].toSorted((a, b) => a - b);
  });
}

/** `null` moves by a letter that no glob has: only a star takes it. */
function move(globs: readonly string[], places: Places, letter: string | null): Places {
  const moved = globs.map((glob, index) =>
    (places[index] ?? []).flatMap((at) => {
      if (glob[at] === '*') return [at];
      return letter !== null && glob[at] === letter ? [at + 1] : [];
    }),
  );
  return openStates(globs, moved);
}

function isAtEnd(globs: readonly string[], places: Places): boolean {
  return globs.some((glob, index) => places[index]?.includes(glob.length));
}
