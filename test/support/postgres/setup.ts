import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type PreparedStores, preparedStores } from './prepared-stores.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Who gives the URL of the PostgreSQL that all tests share, and to a POST the address of a new, empty store there, which a DELETE of its
     * path takes away; `null`: there is none on this machine.
     */
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
  let preparing: Promise<PreparedStores> | null = null;
  const start = (): Promise<PostgresServer> => {
    starting ??= startPostgres({ full_page_writes: 'off', synchronous_commit: 'off' });
    return starting;
  };
  const prepared = async (): Promise<PreparedStores> => {
    preparing ??= start().then(({ url }) => preparedStores(url));
    return preparing;
  };
  const answer = async (method: string, path: string): Promise<string> => {
    if (method === 'POST') return JSON.stringify(await (await prepared()).create());
    if (method === 'DELETE') {
      await (await prepared()).drop(path.slice(1));
      return '';
    }
    return (await start()).url;
  };
  const control = createServer(({ method = '', url = '' }, response) => {
    answer(method, url).then(
      (text) => response.end(text),
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
    await (await preparing)?.end();
    await (await starting)?.remove();
  };
}
