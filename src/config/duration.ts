const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Longer spans are slips of the finger. */
const LONGEST_MS = 100 * 365 * 86_400_000;

/** How a duration is written: a whole number above zero and its unit. Without flags, so that it can stand in a JSON Schema. */
export const DURATION_PATTERN = /^0*[1-9][0-9]*(ms|s|m|h|d)$/;

/** Reads `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"30d"` as milliseconds; `null` for anything else, for zero, and beyond 100 years. */
export function parseDuration(text: string): number | null {
  const unit = DURATION_PATTERN.exec(text)?.[1];
  const size = UNITS.find(([label]) => label === unit)?.[1];
  if (size === undefined) return null;
  const ms = Number.parseInt(text, 10) * size;
  return ms <= LONGEST_MS ? ms : null;
}

/** The shortest text that `parseDuration` reads as the same span: `90_000` is `"90s"`, `7_200_000` is `"2h"`. */
export function formatDuration(ms: number): string {
  const [label, size] = UNITS.find(([, candidate]) => ms % candidate === 0) ?? ['ms', 1];
  return `${ms / size}${label}`;
}
