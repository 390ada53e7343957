import type { Clock } from '../../clock.ts';
import { formatSpan } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import {
  REPLICA_LEASE_MS,
  type ReplicaFacts,
  type SharedMembership,
  type Standing,
} from '../../store/ports/leases.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { ReplicasStatus } from '../status.ts';
import type { Hold, Leases, LeaseUser } from './leases.ts';

/** So often it is looked how all stands, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** So long before its end nothing is begun under a lease any more: what is begun then would end after it. */
const MARGIN_MS = 3_000;
/** Units that are free to be given up within so many milliseconds are given up together. */
const GATHER_MS = 20;

/** What the leases are worked with. */
export interface SharedLeasesDeps {
  membership: SharedMembership;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
}

/** Follows the leases of one of several replicas, with a timer of its own. */
export class SharedLeases implements Leases {
  readonly #deps: SharedLeasesDeps;
  readonly #held = new Map<string, Held>();
  /** Units that are to be given up as soon as nothing of them is in hand. */
  readonly #yielding = new Set<string>();
  /** The tokens with which units were given up: what says that they are ours with one of these is older than that. */
  readonly #released = new Map<string, number>();
  #user: LeaseUser | null = null;
  #wish = { wanted: [] as readonly string[], configuration: '' };
  #standing: Pick<Standing, 'owners' | 'replicas'> = { owners: new Map(), replicas: [] };
  /** Monotonic: what is held is ours for sure until then. */
  #validUntilMono = Number.NEGATIVE_INFINITY;
  /** Monotonic: since when the leases cannot be renewed; `null` while they can. */
  #blindSinceMono: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #inHand: Promise<void> | null = null;
  #isAgain = false;
  #leaving: Promise<void> | null = null;

  constructor(deps: SharedLeasesDeps) {
    this.#deps = deps;
  }

  begin(user: LeaseUser): void {
    this.#user = user;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  holdOf(unit: string): Hold | null {
    const held = this.#held.get(unit);
    return held?.isOurs() && !this.#yielding.has(unit) ? held : null;
  }

  want(wanted: readonly string[], configuration: string): void {
    this.#wish = { wanted, configuration };
    void this.look();
  }

  ownerOf(unit: string): ReplicaFacts | null {
    const owner = this.#standing.owners.get(unit);
    return this.#standing.replicas.find(({ id }) => id === owner) ?? null;
  }

  status(): ReplicasStatus {
    const { membership, clock } = this.#deps;
    const { owners, replicas } = this.#standing;
    const isOver = clock.monotonic() >= this.#validUntilMono;
    const cutOffMs =
      this.#blindSinceMono === null || !isOver ? null : clock.monotonic() - this.#blindSinceMono;
    return { me: membership.replica, owners, replicas, cutOffMs };
  }

  /** See `Leases`. One look at a time: whoever asks meanwhile gets another one after that. */
  look(): Promise<void> {
    this.#lookAtTime();
    if (this.#user === null || this.#leaving) return Promise.resolve();
    this.#isAgain = this.#inHand !== null;
    this.#inHand ??= this.#lookAgain().finally(() => {
      this.#inHand = null;
    });
    return this.#inHand;
  }

  beginAnew(): void {
    for (const held of this.#held.values()) held.end();
    this.#held.clear();
    this.#user?.onChange('lost');
    void this.look();
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    const { membership, logger } = this.#deps;
    try {
      await this.#inHand;
      await membership.leave();
      await this.#yield([...this.#held.keys()], null);
      await membership.end();
    } catch (thrown) {
      // The others find out by themselves, within a lease.
      logger.warn('The leases could not be given up', { err: toError(thrown) });
    }
  }

  async #lookAgain(): Promise<void> {
    do {
      this.#isAgain = false;
      await this.#lookOnce();
    } while (this.#isAgain && !this.#leaving);
  }

  async #lookOnce(): Promise<void> {
    const { clock, membership, faultLog } = this.#deps;
    const begunMono = clock.monotonic();
    let renewedUntilMono = Number.NEGATIVE_INFINITY;
    const onRenewed = (): void => {
      renewedUntilMono = begunMono + REPLICA_LEASE_MS - MARGIN_MS;
      // What has run out may have been another's since: that only the whole look tells.
      if (clock.monotonic() < this.#validUntilMono) this.#validUntilMono = renewedUntilMono;
    };
    try {
      const standing = await membership.beat(this.#wish, onRenewed);
      this.#validUntilMono = Math.max(renewedUntilMono, begunMono + standing.validForMs - MARGIN_MS);
      this.#blindSinceMono = null;
      this.#standing = standing;
      faultLog.clear('leases', 'The leases can be renewed again');
      this.#follow(standing);
    } catch (thrown) {
      this.#blindSinceMono ??= begunMono;
      const err = toError(thrown);
      faultLog.report('leases', `The leases cannot be renewed: ${err.message}`, { err }, 'error');
    }
    this.#lookAtTime();
  }

  #follow({ held, due }: Standing): void {
    const leases = held.filter(({ unit, token }) => token > (this.#released.get(unit) ?? -1));
    const isAnyLost = this.#drop(leases);
    const gained = leases.filter(({ unit }) => !this.#held.has(unit));
    for (const lease of gained) this.#held.set(lease.unit, this.#hold(lease));
    if (isAnyLost) this.#user?.onChange('lost');
    else if (gained.length > 0) this.#user?.onChange('given');
    this.#letGo(due);
  }

  /** What is not ours any more, or was another's in between. @returns whether anybody may still be working on some of it. */
  #drop(leases: readonly Lease[]): boolean {
    const tokens = new Map(leases.map(({ unit, token }) => [unit, token]));
    let isAnyLost = false;
    for (const [unit, known] of [...this.#held]) {
      if (tokens.get(unit) === known.lease.token) continue;
      known.end();
      this.#held.delete(unit);
      isAnyLost = true;
    }
    return isAnyLost;
  }

  /** Gives up what is due to others, and what nobody wants any more. */
  #letGo(due: Standing['due']): void {
    const to = new Map<string, string | null>(due.map((one) => [one.unit, one.to]));
    const wanted = new Set(this.#wish.wanted);
    for (const unit of this.#held.keys()) if (!wanted.has(unit)) to.set(unit, null);
    const units = [...to.keys()].filter((unit) => this.#held.has(unit) && !this.#yielding.has(unit));
    for (const [receiver, those] of Map.groupBy(units, (unit) => to.get(unit) ?? null)) {
      this.#yield(those, receiver).catch((thrown: unknown) => {
        this.#deps.logger.warn('Leases could not be handed over', { err: toError(thrown) });
      });
    }
  }

  #hold(lease: Lease): Held {
    return new Held(lease, () => this.#deps.clock.monotonic() < this.#validUntilMono);
  }

  /** What could not be renewed in time is another's soon, or is already: the process may have stood still. */
  #lookAtTime(): void {
    const { clock, logger } = this.#deps;
    if (this.#held.size === 0 || clock.monotonic() < this.#validUntilMono) return;
    const units = this.#held.size;
    for (const held of this.#held.values()) held.end();
    this.#held.clear();
    const after = formatSpan(clock.monotonic() - (this.#blindSinceMono ?? this.#validUntilMono));
    logger.error('The leases of this replica have run out: it does nothing until they are renewed', {
      units,
      after,
    });
    this.#user?.onChange('lost');
  }

  /**
   * Ends the work on these units, and gives up each as soon as nothing of it is in hand; several together where that is at once. One that
   * could not be given up is ours as before, and due at the next look; the others are given up all the same.
   */
  async #yield(units: readonly string[], to: string | null): Promise<void> {
    for (const unit of units) this.#yielding.add(unit);
    this.#user?.onChange('given');
    let free: string[] = [];
    let releasing: Promise<void> | null = null;
    const release = async (): Promise<void> => {
      await this.#deps.clock.sleep(GATHER_MS);
      const now = free;
      free = [];
      releasing = null;
      await this.#deps.membership.release(now, to);
      for (const unit of now) this.#forget(unit);
    };
    const giveUp = async (unit: string): Promise<void> => {
      try {
        await this.#user?.ended(unit);
        free.push(unit);
        releasing ??= release();
        await releasing;
      } finally {
        this.#yielding.delete(unit);
      }
    };
    const ends = await Promise.allSettled(
      units.map((unit) =>
        giveUp(unit).catch((error: unknown) => {
          if (this.#leaving === null) this.#user?.onChange('given');
          throw error;
        }),
      ),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #forget(unit: string): void {
    const held = this.#held.get(unit);
    if (held === undefined) return;
    held.end();
    this.#held.delete(unit);
    this.#released.set(unit, held.lease.token);
  }
}

/** What is ours, and for how long. */
class Held implements Hold {
  readonly unit: string;
  readonly lease: Lease;
  readonly #isValid: () => boolean;
  #isOver = false;

  constructor(lease: Lease, isValid: () => boolean) {
    this.unit = lease.unit;
    this.lease = lease;
    this.#isValid = isValid;
  }

  isOurs(): boolean {
    return !this.#isOver && this.#isValid();
  }

  end(): void {
    this.#isOver = true;
  }
}
