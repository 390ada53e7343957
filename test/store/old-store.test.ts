import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { type AuditEntry, type AuditHead, brokenLink, GENESIS } from '../../src/domain/audit.ts';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import { flatSubject } from '../../src/domain/event/flat-subject.ts';
import { jobOf, watchOf } from '../../src/domain/event/subject.ts';
import type { Observation } from '../../src/domain/job/observation.ts';
import { cancel, expire, finish } from '../../src/simulator/atlas/scenario.ts';
import type { Delivery } from '../../src/store/ports/outbox.ts';
import type { RecordedEvent } from '../../src/store/ports/records.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { auditedDeliveries, auditProblems, lookInto } from '../crash/inspect.ts';
import { pollsOf, until } from '../end-to-end/support.ts';
import type { Home } from '../support/daemon.ts';
import { EVENTS, JOBS } from './old-store-contents.ts';
import {
  idOf,
  KILLED_AT,
  nameOfJob,
  type OldWorld,
  printedThen,
  startOldWorld,
  takeOldStore,
} from './old-store-world.ts';
import { openForTest } from './support.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const ALL = { limit: 10_000 };
/** Nothing here takes long, unless the machine has much else to do. */
const PATIENCE_MS = 2 * MINUTE;
const EVENT_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** Audit entries. The daemon was killed before the last one was in the file. */
const STORED = 304;
const MIRRORED = 303;
const DELIVERIES = 77;

/** What happens once the daemon goes on. */
const NEWS = [
  'billing: watch_recovered',
  'invoices: watch_failing',
  'orders: expired of download',
  'orders: finished of base (late)',
  'orders-collections: finished of restored',
  'payroll: missing of unsteady',
  'sessions: cancelled of silent',
];

/** Each was told again once before. */
const REMINDERS = [
  'orders: expiring of expiring (reminder 2)',
  'orders: missing of gone (reminder 2)',
  'orders: stalled of stalled (reminder 2)',
  'payroll: drill_overdue (reminder 2)',
];

/** Everything on record, the oldest first. */
async function recordedIn(home: Home): Promise<RecordedEvent[]> {
  return (await lookInto(home, (store) => store.listEvents(ALL))).items.toReversed();
}

async function deliveriesIn(home: Home): Promise<Delivery[]> {
  return (await lookInto(home, (store) => store.listDeliveries(ALL))).items.toReversed();
}

/** `orders: failed of broken`. */
function titleOf({ name, subject, reminder, test }: WatcherEvent): string {
  const { watch, source, job, inferred, late } = flatSubject(subject);
  const marks = [
    ...(reminder ? [`reminder ${reminder.number}`] : []),
    ...(test ? ['test'] : []),
    ...(inferred ? ['inferred'] : []),
    ...(late ? ['late'] : []),
  ];
  const about = job && !test ? ` of ${nameOfJob(job.id)}` : '';
  const whose = watch || source.replace(/^\//, '');
  return `${whose}: ${name}${about}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
}

/** Who was told of it, or why nobody was. */
function fateOf({ suppressed, mute, deliveries }: RecordedEvent): string {
  if (suppressed) return `${suppressed}${mute ? ` by mute ${mute.id}` : ''}`;
  return deliveries.map(deliveryText).join(', ');
}

function deliveryText(delivery: Delivery): string {
  const { channel, status, attemptsStarted, attemptsFinished, insteadOf, heldUntil } = delivery;
  const notes = [
    ...(status === 'delivered' ? [] : [`${status} after ${attemptsFinished} of ${attemptsStarted}`]),
    ...(insteadOf === null ? [] : [`instead of ${insteadOf}`]),
    ...(heldUntil === null ? [] : ['digest']),
  ];
  return notes.length > 0 ? `${channel} (${notes.join(', ')})` : channel;
}

function jobText({
  watch,
  jobId,
  state,
  milestones,
  missingSince,
  notFoundCount,
  anomaly,
  raised,
  job,
}: Observation): string {
  const notes = [
    ...Object.keys(raised).map((name) => `told as ${name}`),
    ...(missingSince === null ? [] : ['missing']),
    ...(notFoundCount === 1 ? ['not found once'] : []),
    ...(anomaly === null ? [] : [anomaly]),
  ];
  const what = `${job?.kind ?? 'unreadable'} ${job?.deliveryType ?? ''}`.trim();
  const life = `${state} after ${milestones.join(', ') || 'nothing'}`;
  return [`${watch}: ${nameOfJob(jobId)}`, what, life, ...notes].join('; ');
}

/** How long something runs depends on when one asks. */
function withoutExpectedEnds(items: Array<Record<string, unknown>>): Array<Record<string, unknown>> {
  return items.map((item) =>
    Object.fromEntries(Object.entries(item).filter(([key]) => !/^expectedEnd|^usualMs$/.test(key))),
  );
}

/** Since then an event also tells of which part of a watch it is, of what the look before was, and of what else is known of it. */
function withLaterFields(items: Array<Record<string, unknown>>): unknown[] {
  const added = (item: object) =>
    'summary' in item
      ? { place: null, occurredAfter: null, lastLookAt: null }
      : 'firstSight' in item
        ? { attestations: [], attested: null }
        : {};
  return items.map((item) => ({ ...item, ...added(item) }));
}

/** For what comes in an order of its own. */
const sorted = (texts: Iterable<string>): string[] => [...texts].toSorted();

describe('a store that an earlier version has left behind', () => {
  it('gives every event, and what became of it', async () => {
    const recorded = await recordedIn(await anUpdatedHome());
    expect(recorded.map((one) => `${titleOf(one.event)} → ${fateOf(one)}`)).toEqual(EVENTS);
  });

  it('gives every job as it was seen last', async () => {
    const { items } = await lookInto(await anUpdatedHome(), (store) => store.listObservations(ALL));
    expect(sorted(items.map(jobText))).toEqual(sorted(JOBS));
  });

  it('gives what lasts, what is muted, and what else is remembered', async () => {
    const store = await openForTest({ path: aHome().dbFile });
    expect(sorted((await store.readAlerts()).keys())).toEqual([
      'channel_failing/tickets',
      'drill_overdue/payroll',
      'failing_since/billing',
      'failing_since/invoices',
      'watch_failing/billing',
    ]);
    expect(await store.listMutes({})).toMatchObject([
      { id: 2, watch: 'sessions', events: null, author: 'ann', reason: 'load tests, OPS-17', removed: null },
      { id: 1, watch: 'orders*', events: ['ready'], author: 'ann', reason: 'a slip', removed: { by: 'ben' } },
    ]);
    expect(await store.listMutes({ inForceAt: KILLED_AT + 29 * DAY })).toMatchObject([{ id: 2 }]);
    expect(sorted((await store.failingChannels()).keys())).toEqual(['standby', 'tickets']);
    const lookedAt = await store.lastLookAt('data/cluster/5f3a1c0e9d2b4a6877c1d202/*');
    expect(KILLED_AT - (lookedAt ?? 0)).toBeLessThan(MINUTE);
    expect(await store.finishedDurations('orders/cluster/5f3a1c0e9d2b4a6877c1d201/orders-prod', 100)).toEqual(
      [
        { deliveryType: 'automated', durationMs: 10 * MINUTE },
        ...Array.from({ length: 5 }, () => ({ deliveryType: 'automated', durationMs: 14 * MINUTE })),
      ],
    );
    await store.checkWritable();
  });

  it('has an audit log that is sound, before it is opened for writing and after', async () => {
    const home = aHome();
    const entries = rawEntries(home);
    const lines = readFileSync(home.auditFile, 'utf8').trimEnd().split('\n');
    expect(entries).toHaveLength(STORED);
    expect(lines).toEqual(entries.slice(0, MIRRORED));
    expect(chainProblems(entries)).toEqual([]);

    const store = await openForTest({ path: home.dbFile });
    const { checked, head, problems } = await checkAudit(store, {
      store: home.dbFile,
      files: [home.auditFile],
    });
    expect({ problems, entries: checked.map(({ entries }) => entries) }).toEqual({
      problems: [],
      entries: [STORED, MIRRORED],
    });
    expect(head).toMatchObject({ seq: STORED });
  });

  it(
    'is shown by the commands as by those of its time',
    async () => {
      const home = await anUpdatedHome();
      const world = await aWorld();
      world.goTo(KILLED_AT + MINUTE);
      const print = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await world.command(home, ...args);
        // No daemon runs, and a watch was failing when it was killed: both are said first.
        const said = stderr
          .trimEnd()
          .split('\n')
          .filter((line) => !/^note: (no daemon runs|watch billing fails)/.test(line));
        expect({ code, said: said.join('') }).toEqual({ code: 0, said: '' });
        return stdout;
      };
      const items = async (...args: string[]) => JSON.parse(await print(...args, '--json')).items;

      const history = (await items('history', '--limit', '1000')).map(
        ({ note: _, mute: __, ...item }: Record<string, unknown>) => item,
      );
      expect(history).toEqual(withLaterFields(printedThen('history').items));
      const jobs = await items('jobs', '--limit', '1000');
      expect(withoutExpectedEnds(jobs)).toEqual(
        withLaterFields(withoutExpectedEnds(printedThen('jobs').items)),
      );
      const exported = await print('audit', 'export');
      expect(exported.trimEnd().split('\n')).toEqual(rawEntries(home));
      expect(await print('audit', 'verify')).toContain('All as it was written.');
      expect(await items('mute', 'list')).toMatchObject([{ id: 2, inForce: true }]);
      const listed = await items('deliveries', '--limit', '1000');
      expect(listed).toHaveLength(DELIVERIES);
      const open = listed.filter(({ status }: { status: string }) => status !== 'delivered');
      expect(
        open.map(({ channel, event, status }: Record<string, string>) => [channel, event, status]),
      ).toEqual([
        ['archive', 'cancelled', 'pending'],
        ['standby', 'failed', 'pending'],
        ['tickets', 'failed', 'pending'],
        ['dba', 'failed', 'pending'],
        ['dba', 'finished', 'pending'],
        ['tickets', 'failed', 'given_up'],
      ]);
    },
    3 * PATIENCE_MS,
  );
});

describe('a daemon that goes on with it', () => {
  const home = takeOldStore();
  let world: OldWorld;
  let before: { recorded: RecordedEvent[]; deliveries: Delivery[]; audit: string };
  let after: typeof before;
  const contentsOf = async (of: Home): Promise<typeof before> => ({
    recorded: await recordedIn(of),
    deliveries: await deliveriesIn(of),
    audit: readFileSync(of.auditFile, 'utf8'),
  });
  /** Recorded since the daemon has gone on. */
  const news = (): RecordedEvent[] => {
    const known = new Set(before.recorded.map(({ event }) => event.id));
    return after.recorded.filter(({ event }) => !known.has(event.id));
  };
  const isDelivered = ({ status }: Delivery): boolean => status === 'delivered';
  /** The ids of the events that a channel has accepted since, going by the store. */
  const acceptedBy = (channel: string): string[] => {
    const earlier = new Set(before.deliveries.filter(isDelivered).map(({ id }) => id));
    return after.deliveries
      .filter(
        (delivery) => delivery.channel === channel && isDelivered(delivery) && !earlier.has(delivery.id),
      )
      .map(({ eventId }) => eventId);
  };
  const deliveryOf = (name: string, job: string, channel: string, { deliveries }: typeof before) => {
    const of = before.recorded.find(({ event }) => event.name === name && jobOf(event)?.id === idOf(job));
    return deliveries.find((delivery) => delivery.id === `${of?.event.id}:${channel}`);
  };

  beforeAll(async () => {
    before = await untouched();
    world = await startOldWorld();
    // All that is owed is due by then, but the digest.
    world.goTo(KILLED_AT + 5 * MINUTE);
    world.move('base', finish(KILLED_AT + 2 * MINUTE));
    world.move('download', expire(KILLED_AT + 4 * MINUTE));
    world.move('silent', cancel(KILLED_AT + 4 * MINUTE));
    world.atlas.refuse('5f3a1c0e9d2b4a6877c1d203', null);
    const daemon = world.start(home);
    try {
      const base = await daemon.url;
      world.move('restored', finish(world.now()));
      await until(async () => isAllThere(await recordedIn(home)), 'what is to be told', PATIENCE_MS);
      await untilNothingIsOwed();
      // And nothing more comes of it.
      const polls = await pollsOf(base, 'ok');
      await until(
        async () =>
          [...(await pollsOf(base, 'ok'))].every(([watch, count]) => {
            const isFailing = watch === 'invoices';
            return isFailing || count >= (polls.get(watch) ?? 0) + 2;
          }),
        'two more polls',
        PATIENCE_MS,
      );
      await untilNothingIsOwed();
      expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      await daemon.kill('SIGKILL');
    }
    after = await contentsOf(home);
  }, 3 * PATIENCE_MS);

  afterAll(async () => {
    await world?.close();
    await home.remove();
  });

  /** Of another copy: this one is for the daemon to bring up to date. */
  async function untouched(): Promise<typeof before> {
    const twin = takeOldStore();
    try {
      await (await openSqliteStore({ path: twin.dbFile })).close();
      return await contentsOf(twin);
    } finally {
      await twin.remove();
    }
  }

  function isAllThere(recorded: readonly RecordedEvent[]): boolean {
    const titles = new Set(recorded.map(({ event }) => titleOf(event)));
    return [...NEWS, ...REMINDERS].every((title) => titles.has(title));
  }

  function untilNothingIsOwed(): Promise<void> {
    const isOwed = ({ status, heldUntil }: Delivery): boolean => status === 'pending' && heldUntil === null;
    return until(async () => !(await deliveriesIn(home)).some(isOwed), 'all deliveries', PATIENCE_MS);
  }

  it('tells each thing once that has happened since', () => {
    const happened = news().filter(({ event }) => event.reminder === null);
    expect(sorted(happened.map(({ event }) => titleOf(event)))).toEqual(sorted(NEWS));
    const fates = new Map(happened.map((one) => [titleOf(one.event), fateOf(one)]));
    expect(fates.get('orders: finished of base (late)')).toBe('siem');
    expect(fates.get('billing: watch_recovered')).toBe('siem, oncall, pager');
    expect(fates.get('sessions: cancelled of silent')).toBe('muted by mute 2');
  });

  it('goes on with the reminders where they were', () => {
    const reminders = after.recorded.filter(({ event }) => event.reminder !== null);
    const about = ({ event }: RecordedEvent): string => `${watchOf(event)}: ${event.name}`;
    for (const [subject, of] of Map.groupBy(reminders, about)) {
      const numbers = of.map(({ event }) => event.reminder?.number);
      expect({ subject, numbers }).toEqual({ subject, numbers: numbers.map((_, index) => index + 1) });
    }
    expect(news().map(({ event }) => titleOf(event))).toEqual(expect.arrayContaining(REMINDERS));
  });

  it('loses and changes nothing of what was told', () => {
    const now = new Map(after.recorded.map((one) => [one.event.id, one]));
    expect(now.size).toBe(after.recorded.length);
    for (const { event, suppressed } of before.recorded) {
      expect(now.get(event.id)).toMatchObject({ event, suppressed });
    }
    const owed = new Map(after.deliveries.map((delivery) => [delivery.id, delivery]));
    for (const delivery of before.deliveries) {
      if (delivery.status === 'pending') expect(owed.has(delivery.id)).toBe(true);
      else expect(owed.get(delivery.id)).toEqual(delivery);
    }
  });

  it('sends to each channel what it was owed and what is new, once, and nothing that it had', () => {
    const { siem, tickets, archive, oncall, standby } = world.receivers;
    for (const [channel, receiver] of Object.entries({ siem, tickets, archive })) {
      const ids = receiver.accepted().map(({ json }) => (json as { id: string }).id);
      expect({ channel, ids: sorted(ids) }).toEqual({ channel, ids: sorted(acceptedBy(channel)) });
    }
    for (const [channel, receiver] of Object.entries({ oncall, standby })) {
      const ids = receiver.accepted().flatMap(({ body }) => [...new Set(body.match(EVENT_ID))]);
      expect({ channel, ids: sorted(ids) }).toEqual({ channel, ids: sorted(acceptedBy(channel)) });
    }
    const pages = world.receivers.pager.accepted().map(({ json }) => json as Record<string, string>);
    expect(sorted(pages.map(({ event_action, dedup_key }) => `${event_action} ${dedup_key}`))).toEqual([
      'resolve restore-watcher/watch/billing/polling',
      'trigger restore-watcher/watch/invoices/polling',
    ]);
    expect(world.receivers.dba.received).toEqual([]);
  });

  it.each([
    ['failed', 'books', 'tickets'],
    ['failed', 'books', 'standby'],
    ['cancelled', 'doomed', 'archive'],
  ])('delivers what was owed: %s of %s to %s', (name, job, channel) => {
    const [was, is] = [deliveryOf(name, job, channel, before), deliveryOf(name, job, channel, after)];
    const isNext = { attemptsFinished: (was?.attemptsFinished ?? 0) + 1 };
    expect(is).toMatchObject({ id: was?.id, status: 'delivered', insteadOf: was?.insteadOf, ...isNext });
  });

  it('knows of the attempt that was cut off', async () => {
    const entries = await auditedDeliveries(home);
    const interrupted = entries.filter(({ kind }) => kind === 'delivery.interrupted');
    const delivery = deliveryOf('cancelled', 'doomed', 'archive', before);
    expect(interrupted).toMatchObject([
      { channel: 'archive', event: 'cancelled', attempt: 1, eventId: delivery?.eventId },
    ]);
    expect(delivery).toMatchObject({ attemptsStarted: 1, attemptsFinished: 0 });
  });

  it('continues the audit log, in the store and in the file', async () => {
    expect(await auditProblems(home)).toEqual([]);
    expect(after.audit.startsWith(before.audit)).toBe(true);
    expect(after.audit.length).toBeGreaterThan(before.audit.length);
    const { code, stdout } = await world.command(home, 'audit', 'verify', '--json');
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, ok: true, problems: [] });
  });

  it(
    'sends the digest that was waiting, when its time has come',
    async () => {
      const held = before.deliveries.filter(({ status, heldUntil }) => status === 'pending' && heldUntil);
      const slot = Math.max(...held.map(({ heldUntil }) => heldUntil ?? 0));
      world.goTo(slot + MINUTE);
      const daemon = world.start(home);
      try {
        const ids = new Set(held.map(({ id }) => id));
        const isSent = async (): Promise<boolean> => {
          const now = (await deliveriesIn(home)).filter(({ id }) => ids.has(id));
          return now.length === ids.size && now.every(isDelivered);
        };
        await until(isSent, 'the digest', PATIENCE_MS);
        expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      } finally {
        await daemon.kill('SIGKILL');
      }
      const mails = world.receivers.dba.received.map(({ mail }) => mail);
      expect(mails).toHaveLength(1);
      expect(mails[0]?.headers['x-restore-watcher-digest']).toBe('2');
      expect(mails[0]?.messageId).toBe(`<digest.${fingerprintOf(held)}@example.com>`);
      expect(await auditProblems(home)).toEqual([]);
    },
    3 * PATIENCE_MS,
  );
});

/** A digest is named for the events in it. */
function fingerprintOf(deliveries: readonly Delivery[]): string {
  const ids = deliveries.map(({ eventId }) => eventId);
  return createHash('sha256').update(sorted(ids).join('\n')).digest('hex').slice(0, 32);
}

/** The lines of the audit log as they stand in the database, whatever its layout. */
function rawEntries({ dbFile }: Home): string[] {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    const rows = db.prepare('select body from audit_entry order by seq').all();
    return rows.map(({ body }) => String(body));
  } finally {
    db.close();
  }
}

function chainProblems(lines: readonly string[]): string[] {
  let head: AuditHead = GENESIS;
  return lines.flatMap((line) => {
    const entry: AuditEntry = JSON.parse(line);
    const problem = brokenLink(head, entry);
    head = entry;
    return problem ?? [];
  });
}

/** A copy whose layout is that of this version, as after the first start of a daemon. */
async function anUpdatedHome(): Promise<Home> {
  const home = aHome();
  await (await openSqliteStore({ path: home.dbFile })).close();
  return home;
}

/** A copy of the store, gone with the test. */
function aHome(): Home {
  const home = takeOldStore();
  onTestFinished(() => home.remove());
  return home;
}

async function aWorld(): Promise<OldWorld> {
  const world = await startOldWorld();
  onTestFinished(() => world.close());
  return world;
}
