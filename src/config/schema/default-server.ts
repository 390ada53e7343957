/** Where the status server listens unless the configuration says otherwise. */
export const DEFAULT_SERVER = { host: '127.0.0.1', port: 8080 } as const;

/** The keys of `server` that do not say where it listens. */
export const NOT_ABOUT_ADDRESS: readonly string[] = [
  'token',
  'viewToken',
  'publicBadges',
  'publicUrl',
  'runbookUrl',
];

/**
 * True when it is certain where a server listens though these keys stand beside the two that say so: one that nobody knows may be a
 * misspelt `host` or `port`, unless both are written.
 */
export function isAddressCertain(
  server: Readonly<Record<string, unknown>>,
  others: readonly string[],
): boolean {
  return ('host' in server && 'port' in server) || others.every((key) => NOT_ABOUT_ADDRESS.includes(key));
}
