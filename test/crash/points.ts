import { setTimeout as delay } from 'node:timers/promises';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import type { Daemon, Home } from '../support/daemon.ts';
import type { Channel, CrashReceiver } from './receivers.ts';
import { takeStoreLock } from './write-lock.ts';

/**
 * Where a daemon that tells a channel can be killed on purpose: `connected`, and nothing sent; `sent` all, and not been answered;
 * `accepted` by the receiver, and that not recorded; `refused` for now, and that recorded.
 */
export const DELIVERY_POINTS = ['connected', 'sent', 'accepted', 'refused'] as const;
export type DeliveryPoint = (typeof DELIVERY_POINTS)[number];

/** Where one that polls can be: it has `asked` Atlas, and not been answered; it has `read` the answer, and not recorded it. */
export const POLL_POINTS = ['asked', 'read'] as const;
export type PollPoint = (typeof POLL_POINTS)[number];

export interface DeliveryPlace {
  channel: Channel;
  receiver: CrashReceiver;
  home: Home;
  start: () => Daemon;
}

export interface PollPlace {
  atlas: AtlasSimulator;
  home: Home;
  start: () => Daemon;
}

/** A receiver that has refused twice is not tried again for half a minute. */
const REACHED_WITHIN_MS = 60_000;

/** What has been answered is read by then. A daemon that has not read it yet has recorded it all the less. */
const READ_WITHIN_MS = 100;

const LISTING = '/backup/restoreJobs';

/**
 * Starts a daemon that is killed (`kill -9`) when its next delivery to the channel gets to the point. Resolves once it is dead.
 * @throws when it ends by itself, or never gets there.
 */
export function killInDelivery(point: DeliveryPoint, place: DeliveryPlace): Promise<Daemon> {
  return IN_DELIVERY[point](place);
}

/** The same for its next poll. One that is killed after reading has found nothing unless something has changed. */
export function killInPoll(point: PollPoint, place: PollPlace): Promise<Daemon> {
  return IN_POLL[point](place);
}

const IN_DELIVERY: Record<DeliveryPoint, (place: DeliveryPlace) => Promise<Daemon>> = {
  connected: async ({ receiver, start }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const bringBack = await receiver.trapNextConnection(resolve);
    const victim = await killWhen(promise, start());
    await bringBack();
    return victim;
  },
  sent: ({ receiver, start }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    receiver.atNextMessage('hang', resolve);
    return killWhen(promise, start());
  },
  accepted: async ({ receiver, home, start }) => {
    const { promise, resolve } = Promise.withResolvers<() => void>();
    const before = receiver.receipts().length;
    receiver.atNextMessage('accept', () => resolve(takeStoreLock(home)));
    const unlock = promise.then(async (release) => {
      await receiver.until(() => receiver.receipts().length > before);
      await delay(READ_WITHIN_MS);
      return release;
    });
    const victim = await killWhen(unlock, start());
    (await unlock)();
    return victim;
  },
  refused: ({ channel, receiver, start }) => {
    receiver.atNextMessage('fault', () => {});
    const victim = start();
    const recorded = victim.waitForLine(
      ({ message }) => message.startsWith(`${channel} does not take messages`),
      REACHED_WITHIN_MS,
    );
    return killWhen(recorded, victim);
  },
};

const IN_POLL: Record<PollPoint, (place: PollPlace) => Promise<Daemon>> = {
  asked: async ({ atlas, start }) => {
    atlas.setFault({ kind: 'hang' }, { onlyPath: LISTING });
    const victim = await killWhen(nextListing(atlas), start());
    atlas.setFault(null);
    return victim;
  },
  read: async ({ atlas, home, start }) => {
    const locked = nextListing(atlas).then(() => takeStoreLock(home));
    // What is read before nobody else can write any more would be recorded.
    atlas.setFault({ kind: 'held', until: locked }, { onlyPath: LISTING });
    const unlock = locked.then(async (release) => {
      atlas.setFault(null);
      await delay(READ_WITHIN_MS);
      return release;
    });
    const victim = await killWhen(unlock, start());
    (await unlock)();
    return victim;
  },
};

function nextListing(atlas: AtlasSimulator): Promise<unknown> {
  const past = atlas.requests.length;
  return atlas.waitForRequest(
    ({ path, authenticated }, all) => authenticated && path.includes(LISTING) && all.length > past,
    REACHED_WITHIN_MS,
  );
}

async function killWhen(reached: Promise<unknown>, victim: Daemon): Promise<Daemon> {
  const late = new AbortController();
  const ended = victim.exited.then(() => Promise.reject(new Error('it ended by itself')));
  const tooLate = delay(REACHED_WITHIN_MS, undefined, { signal: late.signal }).then(() =>
    Promise.reject(new Error(`it has not got there within ${REACHED_WITHIN_MS / 1_000} s`)),
  );
  for (const loser of [ended, tooLate, reached]) loser.catch(() => {});
  try {
    await Promise.race([reached, ended, tooLate]);
  } catch (cause) {
    await victim.kill('SIGKILL');
    throw new Error(`the daemon was not caught at the point:\n${victim.output()}`, { cause });
  } finally {
    late.abort();
  }
  await victim.kill('SIGKILL');
  return victim;
}
