/** Cuts to `limit` UTF-16 units (what receivers count), with an ellipsis, and never through the middle of a character. */
export function shorten(text: string, limit: number): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length <= limit) return wellFormed;
  const end = limit - 1;
  const isInsidePair = /[\ud800-\udbff]/.test(wellFormed.charAt(end - 1));
  return `${wellFormed.slice(0, isInsidePair ? end - 1 : end)}…`;
}
