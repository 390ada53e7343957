import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { Clock } from '../clock.ts';
import { isRecord } from '../domain/json-object.ts';
import type { MutableWatch } from '../domain/telling/mute-reach.ts';
import type { AttestationStore } from '../store/ports/evidence/attestations.ts';
import type { MuteStore } from '../store/ports/mutes.ts';
import type { RecordStore } from '../store/ports/records.ts';
import { attest, attestationView } from '../views/attestations.ts';
import { addMute, muteView } from '../views/mutes.ts';
import { pollNow } from '../views/poll-now.ts';
import { resolveDeliveryId } from '../views/resolve-id.ts';
import type { PollNow, WatcherStatus } from '../watcher/status.ts';
import { attestationIn } from './bodies/attestation-body.ts';
import { authorIn, muteIn } from './bodies/mute-body.ts';
import { BodyTooLarge, readBody } from './body.ts';
import { QueryFault, readQuery } from './query.ts';
import { ADD_CHECKPOINT } from './witness.ts';

/** What the writes change. */
export interface WriteDeps {
  store: RecordStore & MuteStore & AttestationStore;
  clock: Clock;
  status: () => WatcherStatus;
  /** Those of the configuration in force. */
  mutableWatches: () => readonly MutableWatch[];
  /** Polls a watch at once, back-off or not; `null`: none of this name runs. */
  pollSoon: (watch: string) => PollNow | null;
}

/** Which methods besides reading a path takes. */
export function writesAt(path: string): string[] {
  if (path === ADD_CHECKPOINT) return ['POST'];
  if (path === '/api/v1/mutes' || path === '/-/poll') return ['POST'];
  if (/^\/api\/v1\/mutes\/[^/]+$/.test(path)) return ['DELETE'];
  return /^\/api\/v1\/(deliveries\/[^/]+\/redrive|jobs\/[^/]+\/attestation)$/.test(path) ? ['POST'] : [];
}

/**
 * The writes under `/api/v1`. Whoever gets here has shown the token that may act.
 */
export function addWrites(app: Hono, { store, clock, status, mutableWatches, pollSoon }: WriteDeps): void {
  app.post('/-/poll', async (c) => {
    await bodyOf(c);
    const wanted = readQuery(c.req.url, ['watch']).text('watch');
    const { watches } = status();
    const asked = watches.filter(({ watch }) => wanted === undefined || watch === wanted);
    if (wanted !== undefined && asked.length === 0) {
      const names = watches.map(({ watch }) => watch);
      return c.json({ error: 'no such watch', hint: `there are: ${names.join(', ')}` }, 404);
    }
    return c.json({ watches: asked.map((watch) => pollNow(watch, pollSoon)) });
  });

  app.post('/api/v1/mutes', async (c) => {
    const now = clock.now();
    const world = { now, watches: mutableWatches(), isWhole: true };
    const { mute, warnings } = await addMute(store, muteIn(await bodyOf(c), now), world);
    return c.json({ ...muteView(mute, now), warnings }, 201);
  });

  app.delete('/api/v1/mutes/:id', async (c) => {
    const author = authorIn(readQuery(c.req.url, ['author']).text('author'));
    const id = /^[1-9]\d{0,8}$/.test(c.req.param('id')) ? Number(c.req.param('id')) : 0;
    const now = clock.now();
    const mute = id === 0 ? null : await store.removeMute(id, now, author);
    if (mute !== null) return c.json(muteView(mute, now));
    return c.json({ error: 'no such mute is in force', hint: 'see /api/v1/mutes for those that are' }, 404);
  });

  app.post('/api/v1/deliveries/:id/redrive', async (c) => {
    await bodyOf(c);
    const id = await resolveDeliveryId(store, c.req.param('id'));
    const redriven = await store.redrive([id], clock.now());
    return c.json({ id, redriven: redriven.includes(id) });
  });

  app.post('/api/v1/jobs/:id/attestation', async (c) => {
    const asked = attestationIn(c.req.param('id'), await bodyOf(c));
    return c.json(attestationView(await attest(store, asked, clock.now())), 201);
  });
}

type Body = Readonly<Record<string, unknown>>;

/** Reads the JSON object in the body; an empty body is one without keys. @throws {QueryFault} */
async function bodyOf(c: Context): Promise<Body> {
  // The adapter puts Node's own request and response there.
  const found = await readBody(c.req.raw, c.env as HttpBindings);
  if (found === 'too_large') throw new BodyTooLarge();
  if (found === 'broken') throw new QueryFault('the body is cut off', 'send one JSON object');
  try {
    const value: unknown = JSON.parse(found.text === '' ? '{}' : found.text);
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  throw new QueryFault('the body is not a JSON object', 'send one JSON object');
}
