/** `*` stands for any run of characters, nothing else is special. */
export function matchesGlob(glob: string, text: string | null): boolean {
  if (text === null) return false;
  const pattern = glob
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's').test(text);
}
