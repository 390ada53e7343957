import { userInfo } from 'node:os';
import type { Cli } from './command.ts';
import { UsageError } from './errors.ts';

/** Accounts that everybody in a container, or with its key, shares: they name nobody. */
const SHARED_ACCOUNTS = ['root', 'node', 'nobody', 'app', 'administrator', 'system'];

/** The operating system's user, or its number where it has no name, as in a container that runs under any id. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/**
 * Who does what is done: the author that was given, or the system's user, also behind `sudo`, where that names a person.
 * @throws {UsageError} where it names nobody.
 */
export function authorOf({ parts }: Cli, given: string | undefined): string {
  if (given !== undefined) return given;
  const user = (parts.systemUser ?? systemUser)();
  const behindSudo = parts.env.SUDO_USER ?? '';
  const name = user === 'root' && behindSudo !== '' ? behindSudo : user;
  if (!SHARED_ACCOUNTS.includes(name.toLowerCase()) && !name.startsWith('uid ')) return name;
  throw new UsageError(
    `who does this is not known: the system's user is ${name}, which is nobody in particular`,
    'Name yourself: --author "Ann Example". It is kept, and shown to whoever asks why nobody was told.',
  );
}
