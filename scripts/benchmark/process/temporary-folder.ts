import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Has every temporary folder of this process lie in one that goes when the process ends, by a signal too: an old store is 3 GB. */
export function keepTemporaryFoldersTogether(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
}
