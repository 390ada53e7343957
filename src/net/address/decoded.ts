/** Decodes a part of a URL; where it holds what is no escape, such as a lone `%` in a password, it is meant as it stands. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
