/**
 * How this program is called where it runs, so that what it tells people to do next can be copied: by the script of a checkout, by npx,
 * or by its own name.
 */
export function ownName(env: Readonly<Record<string, string | undefined>>): string {
  const { npm_lifecycle_event: script, npm_command: command } = env;
  if (command === 'exec') return 'npx atlas-restore-watcher';
  return script === undefined || script === 'npx' ? 'restore-watcher' : 'npm run -s restore-watcher --';
}
