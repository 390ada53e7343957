const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

/**
 * Says why a version cannot follow another, or `null` where it can.
 * @param next as somebody typed it.
 * @param present is the version of `package.json`. The first release may be the version that stands there already.
 */
export function faultOfVersion(next: string | undefined, present: string, isTagged: boolean): string | null {
  if (next === undefined) return 'name the version: npm run release -- X.Y.Z';
  if (!VERSION.test(next)) return `"${next}" is no version: X.Y.Z, or X.Y.Z-rc.1`;
  if (isTagged) return `v${next} has been released already (there is a tag of that name)`;
  if (next !== present && !isLater(next, present)) return `${next} is not later than ${present}`;
  return null;
}

function isLater(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  for (const [index, part] of a.numbers.entries()) {
    const against = b.numbers[index] ?? 0;
    if (part !== against) return part > against;
  }
  // A candidate comes before what it is a candidate for.
  if (a.candidate === '' || b.candidate === '') return a.candidate === '' && b.candidate !== '';
  return a.candidate.localeCompare(b.candidate, 'en', { numeric: true }) > 0;
}

function partsOf(version: string): { numbers: number[]; candidate: string } {
  const [, major, minor, patch, candidate = ''] = VERSION.exec(version) ?? [];
  return { numbers: [major, minor, patch].map(Number), candidate };
}
