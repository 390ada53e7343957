/** `; did you mean "schedule"?` for a slip of the finger, else `''`. */
export function suggestion(written: string, known: readonly string[]): string {
  const closest = closestTo(written, known);
  return closest === null ? '' : `; did you mean ${JSON.stringify(closest)}?`;
}

/** The known word that `written` is a slip of the finger away from; `null` when there is none. */
export function closestTo(written: string, known: readonly string[]): string | null {
  const closest = known
    .map((candidate) => ({ candidate, steps: editSteps(written.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)[0];
  const isClose = closest !== undefined && closest.steps <= Math.max(1, Math.floor(written.length / 3));
  return isClose ? closest.candidate : null;
}

/** `"a", "b" and 3 more`; each once. */
export function listed(names: readonly string[], most = 8): string {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, most).map((name) => JSON.stringify(name));
  const rest = distinct.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** How many characters have to be put in, taken out or replaced to get from one text to the other. */
function editSteps(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, left] of [...from].entries()) {
    const line = [row + 1];
    for (const [column, right] of [...to].entries()) {
      const replaced = (above[column] ?? 0) + (left === right ? 0 : 1);
      line.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? from.length;
}
