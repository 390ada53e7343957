import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono } from 'hono';
import type { Clock } from '../clock.ts';
import { EVENT_NAMES } from '../domain/event/event.ts';
import { toError } from '../errors.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { Signals } from '../signals.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { createEventHub } from './live/event-hub.ts';
import { endWithSession, openStream } from './live/stream.ts';
import { QueryFault, readQuery } from './query.ts';

/** What the stream of events is made from. */
export interface EventStreamDeps {
  store: Pick<RecordReader, 'eventsAfter' | 'placeOfEvent' | 'lastPlace'>;
  signals: Pick<Signals, 'on'>;
  /** Where people reach the page, without a slash at its end; `null`: nobody has told. */
  publicUrl: () => string | null;
  /** Aborts when the server stops: every stream ends then. */
  closing: AbortSignal;
  faultLog: FaultLog;
  clock: Pick<Clock, 'monotonic'>;
  /** False once the token or login that a request came with is no longer good. */
  mayRead: (c: Context) => boolean;
}

const PATH = '/api/v1/events';

/**
 * `GET /api/v1/events`: every event as it is recorded, as the CloudEvent that a webhook gets, by whichever replica. Whoever gives the id of
 * the last one that it has (`Last-Event-ID`, or `after`) gets what was recorded since first; nobody gets one twice, and none is left out.
 */
export function addEventStream(
  app: Hono,
  { store, signals, publicUrl, closing, faultLog, clock, mayRead }: EventStreamDeps,
): void {
  const hub = createEventHub({
    ...{ store, clock },
    onChange: (listener) => signals.on('event:recorded', listener),
    publicUrl,
    onOutcome: (error) => {
      if (error === null) faultLog.clear(PATH, 'Listeners are told of events again');
      else faultLog.report(PATH, 'Listeners could not be told of events', { err: toError(error) }, 'error');
    },
  });
  closing.addEventListener('abort', () => hub.close(), { once: true });

  app.get(PATH, async (c) => {
    const query = readQuery(c.req.url, ['watch', 'event', 'all', 'after']);
    const wish = {
      watch: query.text('watch'),
      event: query.oneOf('event', EVENT_NAMES),
      all: query.oneOf('all', ['true', 'false']) === 'true',
    };
    // A browser that comes again names the last one itself; that is newer than what its address says.
    const place = await placeToBegin(store, c.req.header('last-event-id') || query.text('after'));
    if (c.req.method !== 'GET') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    if (closing.aborted || hub.isFull()) {
      c.header('Connection', 'close');
      c.header('Retry-After', '3');
      return c.json({ error: 'too many listen already', hint: 'ask again in a moment' }, 503);
    }
    // The adapter puts Node's own request and response there.
    const { outgoing } = c.env as HttpBindings;
    const stream = openStream(outgoing);
    endWithSession(stream, () => mayRead(c));
    hub.join(place, wish, stream);
    return RESPONSE_ALREADY_SENT;
  });
}

async function placeToBegin(store: EventStreamDeps['store'], last: string | undefined): Promise<number> {
  if (last === undefined) return store.lastPlace();
  const place = await store.placeOfEvent(last);
  if (place !== null) return place;
  throw new QueryFault(
    'no event of this id is on record',
    'give the id of the last event that you have as Last-Event-ID, or none; see /api/v1/transitions for what was recorded before',
  );
}
