import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';

/** Secrets are renewed every few hours or days, by programs that do not tell: looking this often is soon enough. */
const LOOK_EVERY_MS = 10_000;

/** Which files are looked at, and who is told. */
export interface SecretWatchOptions {
  /** The files to look at, with the SHA-256 of what was in them when they were read. */
  files: () => ReadonlyMap<string, string>;
  clock: Clock;
  /** Something is in these that was not there before. @returns `false` to be told of it once more, at the next look. */
  onChange: (files: readonly string[]) => Promise<boolean>;
}

/**
 * Looks every 10 s whether a file with a secret has changed, and tells of each new content once. Contents are compared, not times: a
 * Kubernetes secret is exchanged by a link, and a file that is being replaced may be away for a moment, which is no change.
 * @returns the function that ends it, and waits for what it has told to be done.
 */
export function watchSecrets({ files, clock, onChange }: SecretWatchOptions): () => Promise<void> {
  const end = new AbortController();
  const told = new Map<string, string>();

  const look = async (): Promise<void> => {
    const changed: string[] = [];
    for (const [file, read] of files()) {
      const found = await sha256Of(file);
      if (found === null || found === (told.get(file) ?? read)) continue;
      told.set(file, found);
      changed.push(file);
    }
    if (changed.length === 0 || (await onChange(changed))) return;
    for (const file of changed) told.delete(file);
  };
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, end.signal).catch(() => undefined);
      if (!end.signal.aborted) await look();
    }
  };
  const done = loop();
  return () => {
    end.abort();
    return done;
  };
}

/** `null` while it cannot be read. */
async function sha256Of(file: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(file, 'utf8'))
      .digest('hex');
  } catch {
    return null;
  }
}
