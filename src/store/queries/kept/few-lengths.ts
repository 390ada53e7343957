/**
 * Repeats the last of these values until there are 1, 2, 4, 8… of them: for lists of a statement in which a value that stands there twice
 * says no more than once (`in`, `not in`). A list of another length is another statement to compile and prepare. A list that has such a
 * length comes back as it is.
 */
export function fewLengths<Value>(values: readonly Value[]): readonly Value[] {
  const last = values.at(-1);
  if (last === undefined) return values;
  const length = 2 ** Math.ceil(Math.log2(values.length));
  if (length === values.length) return values;
  return [...values, ...Array<Value>(length - values.length).fill(last)];
}
