import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Booking, Grant } from '../../domain/polling/shared-budget.ts';
import { movesOf, type UnitStanding } from '../../domain/replicas/assignment.ts';
import { rememberedLines } from '../../domain/replicas/rendezvous.ts';
import { channelOfUnit } from '../../domain/replicas/unit.ts';
import { StoreError } from '../../errors.ts';
import type { Joining, Membership, SharedMembership, Standing, Wish } from '../ports/leases.ts';
import type {
  EstateChange,
  EstateKey,
  EstatesStanding,
  FoundProject,
  ShareStanding,
} from '../ports/replicas/estates.ts';
import type { Lease } from '../ports/replicas/lease.ts';
import type { SealedToken, TokenStore } from '../ports/replicas/tokens.ts';
import { freeLeasesOf } from '../queries/outbox/free-leases.ts';
import { bookRequests } from '../queries/replicas/budgets.ts';
import {
  forgetShares,
  readEstates,
  readProjects,
  writeProjects,
  writeShare,
} from '../queries/replicas/estates.ts';
import {
  holds,
  type LeaseRow,
  openUnits,
  readLeases,
  releaseUnits,
  takeUnits,
} from '../queries/replicas/leases.ts';
import {
  ask,
  enter,
  forgetOld,
  type LeaseDialect,
  noteLeaving,
  type ReplicaRow,
  readReplicas,
  renew,
  strike,
} from '../queries/replicas/replicas.ts';
import { createTokenStore } from '../queries/replicas/tokens.ts';
import type { Database } from '../queries/schema.ts';

/** The leases of a store that several replicas share. */
export interface SqlLeases {
  join(process: Joining): Promise<Membership>;
  /** See `SqlEngine.fence`. */
  fence(trx: Transaction<Database>, lease: Lease): Promise<void>;
}

/** Makes the leases of one process. What differs from one database to the other comes as its dialect. */
export function createSqlLeases(
  db: Kysely<Database>,
  dialect: LeaseDialect,
  guarded: <Result>(doing: string, work: () => Promise<Result>) => Promise<Result> = (_doing, work) => work(),
): SqlLeases {
  let member: Member | null = null;
  return {
    join: async (process) => {
      member = new Member(db, dialect, process, guarded);
      await forgetOld(db, dialect);
      await forgetShares(db);
      await enter(db, dialect, member.replica, process);
      return member;
    },
    fence: async (trx, lease) => {
      if (member !== null && (await holds(trx, dialect, member.replica, lease))) return;
      throw fenced(lease);
    },
  };
}

class Member implements SharedMembership {
  readonly kind = 'shared';
  readonly replica: string;
  readonly #db: Kysely<Database>;
  readonly #dialect: LeaseDialect;
  readonly #tokens: TokenStore;
  readonly #joining: Joining;
  readonly #guarded: <Result>(doing: string, work: () => Promise<Result>) => Promise<Result>;
  /** Channels that are held, and of which nothing is claimed by an earlier holder any more: tokens, by unit. */
  readonly #freed = new Map<string, number>();
  #asked = '';
  readonly #inLine = rememberedLines();

  constructor(
    db: Kysely<Database>,
    dialect: LeaseDialect,
    joining: Joining,
    guarded: <Result>(doing: string, work: () => Promise<Result>) => Promise<Result>,
  ) {
    this.#db = db;
    this.#dialect = dialect;
    this.#tokens = createTokenStore(db, dialect);
    this.#joining = joining;
    this.#guarded = guarded;
    // A process may have the name of a dead one: in a container each has the same number.
    this.replica = `${joining.name}#${randomBytes(4).toString('hex')}`;
  }

  beat(wish: Wish, onRenewed: () => void = () => {}): Promise<Standing> {
    return this.#guarded('renew the leases', () => this.#beat(wish, onRenewed));
  }

  release(units: readonly string[], to: string | null): Promise<void> {
    for (const unit of units) this.#freed.delete(unit);
    return this.#guarded('release leases', () =>
      releaseUnits(this.#db, this.#dialect, this.replica, units, to),
    );
  }

  book(bookings: readonly Booking[]): Promise<Grant[]> {
    return this.#guarded('book requests', () =>
      bookRequests(this.#db, this.#dialect, this.replica, bookings),
    );
  }

  readToken(key: string): Promise<SealedToken | null> {
    return this.#guarded('read an access token', () => this.#tokens.readToken(key));
  }

  keepToken(key: string, token: SealedToken): Promise<void> {
    return this.#guarded('keep an access token', () => this.#tokens.keepToken(key, token));
  }

  renewToken(...renewal: Parameters<TokenStore['renewToken']>): Promise<void> {
    return this.#guarded('renew an access token', () => this.#tokens.renewToken(...renewal));
  }

  leave(): Promise<void> {
    return this.#guarded('leave', () => noteLeaving(this.#db, this.replica));
  }

  end(): Promise<void> {
    return this.#guarded('leave', async () => {
      await strike(this.#db, this.replica);
      await forgetShares(this.#db);
    });
  }

  estates(): Promise<EstatesStanding> {
    return this.#guarded('read what watches have found', () => readEstates(this.#db, this.#dialect));
  }

  foundProjects(key: EstateKey): Promise<FoundProject[]> {
    return this.#guarded('read what a watch has found', () => readProjects(this.#db, key));
  }

  noteProjects(lease: Lease, key: EstateKey, change: EstateChange): Promise<void> {
    return this.#guarded('note what a watch has found', () =>
      this.#db.transaction().execute(async (trx) => {
        if (!(await holds(trx, this.#dialect, this.replica, lease))) throw fenced(lease);
        await writeProjects(trx, key, change);
      }),
    );
  }

  noteShare(watch: string, share: ShareStanding | null): Promise<void> {
    return this.#guarded('note how a share is read', () => writeShare(this.#db, watch, this.replica, share));
  }

  async #beat({ wanted, configuration }: Wish, onRenewed: () => void): Promise<Standing> {
    const db = this.#db;
    if (await renew(db, this.#dialect, this.replica, configuration)) onRenewed();
    const { now, replicas } = await this.#replicas(configuration);
    const rows = await readLeases(db);
    const units = rows.map((row) => standingOf(row, replicas));
    const { take, open, ask, give } = movesOf(
      { me: this.replica, now, replicas, units, wanted },
      this.#inLine,
    );
    await openUnits(db, this.#dialect, [...open, ...take]);
    const taken = await takeUnits(db, this.#dialect, this.replica, take);
    await this.#ask(ask);
    const mine = [...rows.filter(({ owner }) => owner === this.replica), ...taken];
    const me = replicas.find(({ id }) => id === this.replica);
    return {
      validForMs: me === undefined ? 0 : me.until - now,
      held: await this.#freeChannels(mine),
      due: give,
      owners: new Map([
        ...units.flatMap(({ unit, owner }) => (owner === null ? [] : [[unit, owner] as const])),
        ...taken.map(({ unit }) => [unit, this.replica] as const),
      ]),
      replicas: replicas.map(({ asks: _asks, ...facts }) => facts),
    };
  }

  /** Whoever was away for a day is not on the list any more. */
  async #replicas(configuration: string): Promise<{ now: number; replicas: ReplicaRow[] }> {
    const found = await readReplicas(this.#db, this.#dialect);
    if (found.replicas.some(({ id }) => id === this.replica)) return found;
    await enter(this.#db, this.#dialect, this.replica, { ...this.#joining, configuration });
    return readReplicas(this.#db, this.#dialect);
  }

  async #ask(units: readonly string[]): Promise<void> {
    const asked = units.join('\n');
    if (asked === this.#asked) return;
    await ask(this.#db, this.replica, units);
    this.#asked = asked;
  }

  /** An earlier holder of a channel can record nothing any more: what it had in hand is tried again. */
  async #freeChannels(mine: readonly Lease[]): Promise<Lease[]> {
    const held = mine.map(({ unit, token }) => ({ unit, token }));
    const fresh = held.filter(
      ({ unit, token }) => channelOfUnit(unit) !== null && this.#freed.get(unit) !== token,
    );
    const failed = new Set<string>();
    for (const lease of fresh) {
      const isOurs = await this.#db.transaction().execute(async (trx) => {
        if (!(await holds(trx, this.#dialect, this.replica, lease))) return false;
        await freeLeasesOf(trx, channelOfUnit(lease.unit) ?? '');
        return true;
      });
      if (isOurs) this.#freed.set(lease.unit, lease.token);
      else failed.add(lease.unit);
    }
    return held.filter(({ unit }) => !failed.has(unit));
  }
}

function fenced({ unit }: Lease): StoreError {
  return new StoreError('fenced', `the lease on ${unit} is not ours any more`);
}

/** What a replica has that does not live is free. */
function standingOf({ unit, owner, freeSince }: LeaseRow, replicas: readonly ReplicaRow[]): UnitStanding {
  return owner !== null && replicas.some(({ id }) => id === owner)
    ? { unit, owner, freeSince: null }
    : { unit, owner: null, freeSince };
}
