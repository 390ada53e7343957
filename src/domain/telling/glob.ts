/** `*` stands for any run of characters, nothing else is special. */
export function matchesGlob(glob: string, text: string | null): boolean {
  if (text === null) return false;
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  // The first place at which a part fits leaves the most room to those after it.
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** True when one of the texts fits one of the globs; where there are no globs (`null`) everything does. */
export function fits(
  globs: string | readonly string[] | null,
  ...texts: ReadonlyArray<string | null | undefined>
): boolean {
  if (globs === null) return true;
  const all = typeof globs === 'string' ? [globs] : globs;
  return all.some((glob) => texts.some((text) => matchesGlob(glob, text ?? null)));
}
