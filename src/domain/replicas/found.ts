/** A project that was found; see `FoundProject` of the store. */
interface Found {
  groupId: string;
  name: string | null;
  tags: Readonly<Record<string, string>>;
  isGone: boolean;
}

/** A project as it is listed. */
interface Listed {
  groupId: string;
  name: string;
  tags: Readonly<Record<string, string>>;
}

/**
 * What a list of all projects changes in what was found. A project that is not listed any more has gone; it stays found until the list
 * after that, so that whoever reads it hears of it, and as long as jobs are open there.
 * @param open projects with open jobs, whether they are listed or not.
 */
export function changeByListing(
  known: ReadonlyMap<string, Found>,
  listed: readonly Listed[],
  open: ReadonlySet<string>,
): { found: Found[]; forgotten: string[] } {
  const found: Found[] = [];
  const forgotten: string[] = [];
  for (const { groupId, name, tags } of listed) {
    const now = { groupId, name, tags, isGone: false };
    const before = known.get(groupId);
    if (before === undefined || !isSame(before, now)) found.push(now);
  }
  const ids = new Set(listed.map(({ groupId }) => groupId));
  for (const before of known.values()) {
    if (ids.has(before.groupId)) continue;
    if (!before.isGone) found.push({ ...before, isGone: true });
    else if (!open.has(before.groupId)) forgotten.push(before.groupId);
  }
  for (const groupId of open) {
    if (!ids.has(groupId) && !known.has(groupId)) found.push({ groupId, name: null, tags: {}, isGone: true });
  }
  return { found, forgotten };
}

function isSame(one: Found, other: Found): boolean {
  const tagsOf = ({ tags }: Found): string => JSON.stringify(Object.entries(tags).toSorted());
  return one.isGone === other.isGone && one.name === other.name && tagsOf(one) === tagsOf(other);
}
