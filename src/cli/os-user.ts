import { userInfo } from 'node:os';

/** The operating system's user; by number where it has no name, as in a container that runs under any id. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
