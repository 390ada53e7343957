import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, postgresPrograms, startPostgres } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Who gives the URL of the PostgreSQL that all tests share; `null`: there is none on this machine. */
    postgresControl: string | null;
  }
}

/** Lets the tests share one PostgreSQL, which starts when the first of them asks for it, and ends with the run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (postgresPrograms() === null) {
    console.warn('There is no PostgreSQL on this machine: the tests of that store are skipped');
    project.provide('postgresControl', null);
    return async () => {};
  }
  let starting: Promise<PostgresServer> | null = null;
  const control = createServer((_request, response) => {
    starting ??= startPostgres({ full_page_writes: 'off', synchronous_commit: 'off' });
    starting.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  const address = control.address();
  project.provide('postgresControl', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  return async () => {
    control.closeAllConnections();
    control.close();
    await (await starting)?.remove();
  };
}
