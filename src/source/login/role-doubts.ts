import type { Clock } from '../../clock.ts';

/** For so long nobody logs in anew because a role is missing that a fresh login was refused for as well. */
const CONFIRMED_MS = 600_000;

/**
 * Remembers for one credential where a role is missing. A login that is some time old may not know of a role that was given since: so
 * the first refusal is doubted, and asked again with a fresh login; what that one is told is believed, for ten minutes or until the
 * place can be read. A place is a project, by the path of a request.
 */
export interface RoleDoubts {
  /** True unless a fresh login has been refused there within the last ten minutes. */
  isOpen(url: string): boolean;
  /** A fresh login has been refused there. */
  confirmed(url: string): void;
  /** It could be read. */
  dispelled(url: string): void;
  /** Somebody says that what was wrong is mended: every refusal is doubted again. */
  forgive(): void;
}

/** Doubts of a credential that has not been refused yet. */
export function createRoleDoubts(clock: Clock): RoleDoubts {
  const confirmedAt = new Map<string, number>();
  return {
    isOpen: (url) => {
      const at = confirmedAt.get(placeOf(url));
      return at === undefined || clock.monotonic() - at >= CONFIRMED_MS;
    },
    confirmed: (url) => {
      confirmedAt.set(placeOf(url), clock.monotonic());
    },
    dispelled: (url) => {
      confirmedAt.delete(placeOf(url));
    },
    forgive: () => confirmedAt.clear(),
  };
}

/** The project; empty for what belongs to none. */
function placeOf(url: string): string {
  return /\/groups\/([^/?]+)/.exec(url)?.[1] ?? '';
}
