import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { ServedWitness } from '../witness/served-witness.ts';
import { readBody } from './body.ts';

/** Where logs of others ask for a cosignature (C2SP tlog-witness). */
export const ADD_CHECKPOINT = '/witness/add-checkpoint';

/** The two answers of a witness. They need no token: a request is believed by the signature in it, and the key is there to be known. */
export function addWitness(app: Hono, { witness }: { witness: () => Promise<ServedWitness | null> }): void {
  app.post(ADD_CHECKPOINT, async (c) => {
    const served = await witness();
    if (served === null) return c.notFound();
    const found = await readBody(c.req.raw, c.env as HttpBindings);
    if (found === 'too_large') return c.text('a request is never so large\n', 413);
    if (found === 'broken') return c.text('the body did not come to its end\n', 400);
    const { status, contentType, body } = await served.answer(found.text);
    return c.body(body, status, { 'content-type': contentType });
  });
  app.get('/witness/key', async (c) => {
    const served = await witness();
    return served === null ? c.notFound() : c.text(`${served.keyText}\n`);
  });
}
