/** Where everything is kept unless the configuration says otherwise. */
export const DEFAULT_STORE = { url: 'sqlite:./data/watcher.db', keep: '400d' } as const;
/** Where the audit log is mirrored unless the configuration says otherwise. */
export const DEFAULT_AUDIT = { file: './data/audit.jsonl', checkpointEvery: '1h', keep: '400d' } as const;
