import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { BodyTooLarge, readBody } from './body.ts';
import { QueryFault } from './query.ts';

/** Reads what a form of a page has sent. @throws {QueryFault} BodyTooLarge */
export async function formOf(c: Context): Promise<URLSearchParams> {
  // The adapter puts Node's own request and response there.
  const found = await readBody(c.req.raw, c.env as HttpBindings);
  if (found === 'too_large') throw new BodyTooLarge();
  if (found === 'broken') throw new QueryFault('the body is cut off', 'send the form again');
  return new URLSearchParams(found.text);
}
