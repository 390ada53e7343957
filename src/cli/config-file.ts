/** Where the configuration is unless somebody names another. */
export const DEFAULT_CONFIG = 'watcher.config.json';
/** The environment variable that names the configuration where the command line does not. */
export const CONFIG_VARIABLE = 'RESTORE_WATCHER_CONFIG';

/** The configuration to read: what the command line names, else the environment. A variable that is set to nothing, as deploy tools leave it, names no file. */
export function configFile(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return named ?? (env[CONFIG_VARIABLE] || DEFAULT_CONFIG);
}
