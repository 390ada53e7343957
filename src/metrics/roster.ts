/** The names whose series a metric has. */
export interface Roster {
  has(name: string): boolean;
  /** Knows these from now on, and no others. */
  apply(names: readonly string[]): void;
}

/** Calls `come` for each name that was not known before and `go` for each that is known no more. */
export function createRoster({
  come,
  go,
}: {
  come: (name: string) => void;
  go: (name: string) => void;
}): Roster {
  let known = new Set<string>();
  return {
    has: (name) => known.has(name),
    apply: (names) => {
      const next = new Set(names);
      for (const name of next) if (!known.has(name)) come(name);
      for (const name of known) if (!next.has(name)) go(name);
      known = next;
    },
  };
}
