import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import type { WakeCall, WakeListener } from '../ports/replicas/wake.ts';
import type { PostgresPlace } from './place.ts';
import { clientConfig, prepareSession } from './pool.ts';

/** On which all watchers of one database are told; the schema stands in what is said. */
export const WAKE_CHANNEL = 'restore_watcher';

/** How often is proved that what is said arrives, and how it goes on when it does not. Milliseconds. */
export interface WakePace {
  probeEveryMs: number;
  /** What was said by ourselves is heard within so long, or never. */
  answerMs: number;
  /** A connection that was lost is made anew after so long. */
  againMs: number;
  /** Where nothing is passed on, it is tried again after so long. */
  deafForMs: number;
}

const USUAL_PACE: WakePace = { probeEveryMs: 30_000, answerMs: 5_000, againMs: 1_000, deafForMs: 600_000 };

/**
 * Listens on a connection of its own, which is made again whenever it is lost. What is said meanwhile is not heard. A pooler that lends a
 * connection for a transaction (PgBouncer) accepts `listen` and passes nothing on: so we speak to ourselves now and then, and listen.
 * @returns the function that ends it.
 */
export function listenForWakes(
  place: PostgresPlace,
  listener: WakeListener,
  pace: WakePace = USUAL_PACE,
): () => Promise<void> {
  const end = new AbortController();
  const running = keepListening(place, listener, { pace, signal: end.signal });
  return () => {
    end.abort();
    return running;
  };
}

/** A server that does not answer gets no longer than this to end a connection in order. */
const END_WITHIN_MS = 500;

interface Life {
  pace: WakePace;
  signal: AbortSignal;
}

async function keepListening(place: PostgresPlace, listener: WakeListener, life: Life): Promise<void> {
  const { pace, signal } = life;
  let isDeaf = false;
  while (!signal.aborted) {
    const onHeard = (): void => {
      isDeaf = false;
    };
    const end = await listenOnce(place, { ...listener, onHeard }, life);
    if (end === 'deaf' && !isDeaf) listener.deaf();
    isDeaf ||= end === 'deaf';
    await sleep(isDeaf ? pace.deafForMs : pace.againMs, null, { signal }).catch(() => undefined);
  }
}

/** Listens until the connection is lost. @returns `deaf`, when nothing that was said on it has ever arrived. */
async function listenOnce(
  place: PostgresPlace,
  listener: Pick<WakeListener, 'woken'> & { onHeard: () => void },
  life: Life,
): Promise<'lost' | 'deaf'> {
  const { default: pg } = await import('pg');
  const socket = new Socket();
  const client = new pg.Client({ ...clientConfig(place, pg.types), stream: () => socket });
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  const cut = (): void => {
    lose();
    setTimeout(() => socket.destroy(), END_WITHIN_MS).unref();
  };
  // It stays for the life of the client: one that is being ended may still fail.
  client.on('error', () => lose());
  client.once('end', () => lose());
  life.signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
    await prepareSession(client, place, { mayWrite: true });
    const ear = new Ear(client, listener);
    await ear.open();
    return await proveItWorks(ear, { ...life, lost, onHeard: listener.onHeard });
  } catch {
    // The database is away, or a standby for now: whoever writes there hears of that.
    return 'lost';
  } finally {
    life.signal.removeEventListener('abort', cut);
    cut();
    await client.end().catch(() => undefined);
  }
}

/** Speaks to itself again and again, for as long as that is heard. */
async function proveItWorks(
  ear: Ear,
  { pace, signal, lost, onHeard }: Life & { lost: Promise<void>; onHeard: () => void },
): Promise<'lost' | 'deaf'> {
  let hasHeard = false;
  let isLost = false;
  void lost.then(() => {
    isLost = true;
  });
  while (!signal.aborted) {
    const said = ear.sayToSelf();
    const isHeard = await Promise.race([
      said,
      lost.then(() => false),
      sleep(pace.answerMs, false, { ref: false }),
    ]);
    if (!isHeard) return hasHeard || isLost ? 'lost' : 'deaf';
    hasHeard = true;
    onHeard();
    await Promise.race([lost, sleep(pace.probeEveryMs, null, { signal, ref: false })]).catch(() => undefined);
    if (isLost) return 'lost';
  }
  return 'lost';
}

/** What is heard on one connection. */
class Ear {
  readonly #client: Client;
  readonly #listener: Pick<WakeListener, 'woken'>;
  #schema = '';
  #said = 0;
  #hear: (said: string) => void = () => {};

  constructor(client: Client, listener: Pick<WakeListener, 'woken'>) {
    this.#client = client;
    this.#listener = listener;
  }

  async open(): Promise<void> {
    this.#client.on('notification', (notification) => this.#heard(notification));
    const { rows } = await this.#client.query<{ name: string }>('select current_schema() as name');
    this.#schema = rows[0]?.name ?? '';
    await this.#client.query(`listen ${WAKE_CHANNEL}`);
  }

  /** Says something that nobody else heeds. Resolves when it is heard. @throws when it cannot be said. */
  async sayToSelf(): Promise<boolean> {
    this.#said += 1;
    const { processID } = this.#client as Client & { processID?: number };
    const text = JSON.stringify([this.#schema, 'probe', `${processID ?? 0}.${this.#said}`]);
    const heard = new Promise<boolean>((resolve) => {
      this.#hear = (said) => {
        if (said === text) resolve(true);
      };
    });
    await this.#client.query('select pg_notify($1, $2)', [WAKE_CHANNEL, text]);
    return heard;
  }

  #heard({ channel, payload = '' }: Notification): void {
    if (channel !== WAKE_CHANNEL) return;
    this.#hear(payload);
    const call = readCall(payload, this.#schema);
    if (call !== null) this.#listener.woken(call);
  }
}

/** `null`: it is about another schema, or something that this version does not know. */
function readCall(payload: string, schema: string): WakeCall | null {
  try {
    const [of, what, channel]: unknown[] = JSON.parse(payload);
    if (of !== schema) return null;
    if (what === 'leases') return { what };
    const isOfChannel = (what === 'owed' || what === 'given_up') && typeof channel === 'string';
    return isOfChannel ? { what, channel } : null;
  } catch {
    return null;
  }
}
