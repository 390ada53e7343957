/**
 * The environment of a child process: what every program needs, the compile cache that all child processes share (see
 * `vitest.config.ts`), and `more`. Nothing else of ours reaches it.
 */
export function childEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}), ...more };
}
