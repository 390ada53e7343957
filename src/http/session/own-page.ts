import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/**
 * True when a browser sends the request from a page of ours. Browsers say so over https and on loopback (`Sec-Fetch-Site`), which holds behind a proxy
 * that changes the name too; elsewhere `Origin` is held against `Host`.
 */
export function isFromOwnPage(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = URL.parse(c.req.header('origin') ?? '');
  return origin !== null && origin.host === URL.parse(`http://${hostOf(c)}`)?.host;
}

/** Answers a form that another web page has sent, or no browser. */
export function refuseStranger(c: Context): Response {
  const error = 'this does not come from a page of this watcher';
  return c.json({ error, hint: 'programs send Authorization: Bearer with a token' }, 403);
}

/** The name that the client asked for, as it came: the front door puts another in its place for the routes. */
export function hostOf(c: Context): string {
  // The adapter puts Node's own request and response there.
  const { incoming } = c.env as HttpBindings;
  return 'headersDistinct' in incoming ? (incoming.headersDistinct.host?.[0] ?? '') : '';
}
