/** Where the status server listens unless the configuration says otherwise. */
export const DEFAULT_SERVER = { host: '127.0.0.1', port: 8080 } as const;
