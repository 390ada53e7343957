/** Any link, whatever its scheme: in a download link or a webhook the secret is a part of the path, so the whole of it goes. */
export const LINK = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;

/**
 * Every form in which a server may quote a secret: as it stands, and percent-encoded. The longest comes first, since a secret that holds
 * another must go as a whole.
 */
export function quotedForms(secrets: readonly string[]): string[] {
  return secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .sort((a, b) => b.length - a.length);
}

/** Replaces each of these in the text, in their order. */
export function maskAll(text: string, patterns: ReadonlyArray<string | RegExp>, mark: string): string {
  return patterns.reduce<string>((rest, pattern) => rest.replaceAll(pattern, mark), text);
}
