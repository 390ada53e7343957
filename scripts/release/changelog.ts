const HEADING = /^## .*$/gm;
const UNRELEASED = '## Unreleased';

/** A changelog with one more version, and what that version brings. */
export interface ReleasedChangelog {
  text: string;
  /** Markdown, without the heading. */
  notes: string;
}

/**
 * Makes a version of what stands under "Unreleased", and leaves an empty "Unreleased" above it.
 * @param date is a day, `2026-11-29`.
 * @throws Error where there is nothing to release.
 */
export function releaseChangelog(text: string, version: string, date: string): ReleasedChangelog {
  const headings = [...text.matchAll(HEADING)];
  const at = headings.findIndex(([heading]) => heading === UNRELEASED);
  const start = headings[at]?.index;
  if (start === undefined) throw new Error(`CHANGELOG.md has no "${UNRELEASED}"`);
  const end = headings[at + 1]?.index ?? text.length;
  const notes = text.slice(start + UNRELEASED.length, end).trim();
  if (!/^- /m.test(notes)) throw new Error(`CHANGELOG.md names nothing under "${UNRELEASED}"`);
  const released = `${UNRELEASED}\n\n## ${version} (${date})\n\n${notes}\n`;
  const rest = text.slice(end);
  return { text: `${text.slice(0, start)}${released}${rest === '' ? '' : `\n${rest}`}`, notes };
}
