import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type AppDeps, createApp } from './app.ts';

/** The routes, behind a socket. Loaded apart, since they bring the whole of fetch: 50 ms that the first poll need not wait for. */
export function createRoutes(deps: AppDeps): RequestListener {
  // The package would put its own Request and Response in place of the global ones, for the channels too.
  return getRequestListener(createApp(deps).fetch, { overrideGlobalObjects: false });
}
