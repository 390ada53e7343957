import { extname } from 'node:path';

/** Where everything is kept unless the configuration says otherwise. */
export const DEFAULT_STORE = { url: 'sqlite:./data/watcher.db', keep: '400d' } as const;
/** Where the audit log is mirrored unless the configuration says otherwise. */
export const DEFAULT_AUDIT = { file: './data/audit.jsonl', checkpointEvery: '1h', keep: '400d' } as const;

/** The mirror without its ending, which the files beside it are named after. */
function stemOf(mirror: string): string {
  return mirror.slice(0, mirror.length - extname(mirror).length);
}

/** Where checkpoints are written down unless the configuration says otherwise: beside the mirror of the audit log. */
export function defaultCheckpoints(mirror: string): string {
  return `${stemOf(mirror)}.checkpoints`;
}

/** Where the key that signs checkpoints lies unless the configuration says otherwise: beside an embedded store, else beside the mirror. */
export function defaultKeyFile(mirror: string, storeUrl: string): string {
  return `${embeddedFile(storeUrl) ?? stemOf(mirror)}.audit-key`;
}

/** The file of an embedded store; `null` for any other. */
export function embeddedFile(storeUrl: string): string | null {
  return /^sqlite:(.*)$/s.exec(storeUrl)?.[1] ?? null;
}
