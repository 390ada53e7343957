import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { brokenLink, GENESIS, parseAuditEntry } from '../../src/domain/audit.ts';
import {
  EMPTY_FRONTIER,
  frontierText,
  growFrontier,
  leafHash,
} from '../../src/domain/evidence/audit-tree.ts';
import { targetKey } from '../../src/domain/job/watch.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { GROUP_ID } from '../../test/support/builders.ts';
import { inBulk } from './aged/in-bulk.ts';
import { type Life, lifeOf } from './aged/lives.ts';
import {
  type EntrySample,
  type EventSample,
  eventSample,
  type ObservationSample,
  observationSample,
  type Place,
} from './aged/samples.ts';

/** What an old store holds. */
export interface AgedStore {
  /** Of a configuration that goes on with it. */
  watches: readonly string[];
  channels: readonly string[];
  jobs: number;
  events: number;
  deliveries: number;
  auditEntries: number;
}

/** How old a store becomes. */
export interface AgedStoreOptions {
  /** Of a file that is not there yet. */
  path: string;
  /** 360,000 jobs make a million events. */
  jobs?: number;
  auditEntries?: number;
  /** The last job has just begun then. */
  now?: number;
}

const DAY = 86_400_000;
/** So long ago the first job was created. */
const AGE_MS = 2 * 365 * DAY;

/** How the watches are called whose jobs stand there: the first has two fifths of them, the third looks for its instances itself. */
const WATCHES = ['orders', 'payments', 'estate', 'a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
/** The channels that were told: `siem` of everything, `oncall` of what went wrong (and it fails for a day), `dba` once a day. */
const CHANNELS = ['siem', 'oncall', 'dba'] as const;

/**
 * Makes a store that has been in use for two years, with the layout of this program. Every table is filled, the audit log is one valid
 * chain. The same options make the same store, but for the time.
 */
export async function makeAgedStore(options: AgedStoreOptions): Promise<AgedStore> {
  const { path, jobs = 360_000, auditEntries = 1_000_000, now = Date.now() } = options;
  const store = await openSqliteStore({ path });
  await store.close();
  const db = new DatabaseSync(path);
  try {
    // Nobody else has the file yet, and one that is half made is thrown away. (Without any journal, Node does not let it be.)
    db.exec('pragma journal_mode = memory; pragma synchronous = off; pragma foreign_keys = off');
    db.exec('pragma cache_size = -200000; pragma temp_store = memory; begin');
    const made = inBulk(db, () => fill(db, { jobs, auditEntries, now }));
    db.exec('commit; pragma journal_mode = wal');
    return made;
  } finally {
    db.close();
  }
}

interface Job {
  id: string;
  createdAt: number;
  place: Place;
  life: Life;
  isMuted: boolean;
}

type World = Required<Pick<AgedStoreOptions, 'jobs' | 'auditEntries' | 'now'>>;

function fill(db: DatabaseSync, world: World): AgedStore {
  fillSmallTables(db, world);
  const jobs = fillJobs(db, world);
  const events = eventsInOrder(world);
  const { deliveries, auditFrom } = fillEvents(db, world, events);
  const auditEntries = fillAudit(db, world, events.subarray(auditFrom));
  return { watches: WATCHES, channels: CHANNELS, jobs, events: events.length, deliveries, auditEntries };
}

function fillSmallTables(db: DatabaseSync, { now }: World): void {
  const mute = db.prepare(
    'insert into mute (watch, events, created_at, until, author, reason, removed_at, removed_by) values (?, null, ?, ?, ?, ?, ?, ?)',
  );
  for (let n = 0; n < 200; n += 1) {
    const at = n < 197 ? now - AGE_MS + n * 3 * DAY : now - 3_600_000;
    mute.run(WATCHES[n % 10] ?? '', at, at + DAY, 'ann', 'migration', n % 5 === 0 ? at + 60_000 : null, n % 5 === 0 ? 'ann' : null); // biome-ignore format: one row
  }
  const target = db.prepare('insert into target values (?, ?, ?)');
  for (const place of PLACES) target.run(keyOf(place), place.watch, now - AGE_MS);
  db.prepare('insert into discovery values (?, ?)').run('estate', now - 60_000);
  db.prepare('insert into alert values (?, ?)').run('channel_failing/oncall', now - DAY);
}

/** The newest job last. */
function fillJobs(db: DatabaseSync, world: World): number {
  const insert = db.prepare(
    `insert into observation (watch, job_id, target_key, state, created_at, followed_until, finished_at, delivery_type, took_ms, running_since, body)
      values (:watch, :job_id, :target_key, :state, :created_at, :followed_until, :finished_at, :delivery_type, :took_ms, :running_since, :body)`,
  );
  const samples = new Map<string, ObservationSample>();
  let count = 0;
  for (let number = 0; number < world.jobs; number += 1) {
    const { id, createdAt, place, life } = jobOfNumber(world, number);
    if (life.about !== 'job') continue;
    const reached = life.steps.filter(([, afterMs]) => createdAt + afterMs <= world.now).length;
    const sample = kept(samples, [place.watch, place.instance, keyOfLife(life), reached].join(), () =>
      observationSample(place, life, reached, keyOf(place)),
    );
    insert.run(sample.row(createdAt, id));
    count += 1;
  }
  db.exec(
    'insert into last_finish select target_key, watch, max(finished_at) from observation where finished_at is not null group by target_key',
  );
  return count;
}

/** All steps of all lives, in the order of time: seconds, then number of the job, then step. */
function eventsInOrder(world: World): Float64Array {
  const steps = new Float64Array(world.jobs * 4);
  let count = 0;
  for (let number = 0; number < world.jobs; number += 1) {
    const { createdAt, life } = jobOfNumber(world, number);
    for (const [step, [, afterMs]] of life.steps.entries()) {
      if (createdAt + afterMs > world.now) continue;
      const second = Math.floor((createdAt + afterMs - world.now + AGE_MS) / 1000);
      steps[count] = (second * JOBS_AT_MOST + number) * 4 + step;
      count += 1;
    }
  }
  return steps.subarray(0, count).sort();
}

const JOBS_AT_MOST = 2 ** 20;

interface Step {
  job: Job;
  step: number;
  at: number;
  /** Of the event. */
  id: string;
  sample: EventSample;
  channels: readonly string[];
}

function stepOf(world: World, code: number, samples: Map<string, EventSample>): Step {
  const job = jobOfNumber(world, Math.floor(code / 4) % JOBS_AT_MOST);
  const step = code % 4;
  const { place, life, createdAt } = job;
  const sample = kept(samples, [place.watch, place.instance, keyOfLife(life), step].join(), () =>
    eventSample(place, life, step),
  );
  const at = createdAt + (life.steps[step]?.[1] ?? 0);
  return {
    ...{ job, step, at, sample },
    id: eventIdOf(at, code),
    channels: job.isMuted ? [] : channelsOf(sample),
  };
}

/** Shaped as `eventId` makes them. */
function eventIdOf(at: number, code: number): string {
  const time = at.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${(code % (JOBS_AT_MOST * 4)).toString(16).padStart(12, '0')}`;
}

function channelsOf({ name, watch }: EventSample): string[] {
  return [
    'siem',
    ...(['failed', 'cancelled', 'stalled', 'missing', 'watch_failing'].includes(name) ? ['oncall'] : []),
    ...(name === 'finished' && watch === 'payments' ? ['dba'] : []),
  ];
}

function fillEvents(
  db: DatabaseSync,
  world: World,
  events: Float64Array,
): { deliveries: number; auditFrom: number } {
  const insert = db.prepare(
    'insert into event (position, id, watch, job_id, detected_at, suppressed, mute_id, has_happened, body) values (?, ?, ?, ?, ?, ?, ?, 1, ?)',
  );
  const deliver = createDeliveries(db, world);
  const samples = new Map<string, EventSample>();
  const entriesUpTo = new Uint32Array(events.length + 1);
  const remind = db.prepare('insert into reminder values (?, ?, ?, ?, ?)');
  for (const [index, code] of events.entries()) {
    const { job, at, id, sample, channels } = stepOf(world, code, samples);
    const muteId = job.isMuted ? 1 + (index % 197) : null;
    const about = sample.isAboutJob ? job.id : null;
    insert.run(index + 1, id, sample.watch, about, at, muteId === null ? null : 'muted', muteId, sample.body(job.createdAt, [job.id, id])); // biome-ignore format: one row
    for (const channel of channels) deliver(channel, id, about ?? sample.orderKey, at);
    const entries = sample.found.length + channels.length * 2;
    entriesUpTo[index + 1] = (entriesUpTo[index] ?? 0) + entries;
    if (events.length - index < 200 && sample.name === 'failed') remind.run(id, 'oncall', world.now + DAY, DAY, 0); // biome-ignore format: one row
  }
  const enough = (entriesUpTo[events.length] ?? 0) - world.auditEntries;
  return {
    deliveries: deliver(null),
    auditFrom: Math.max(
      0,
      entriesUpTo.findLastIndex((sum) => sum <= enough),
    ),
  };
}

/** Of the channel that fails, what it was owed in the last day waits; of the others a little that has just been found. */
function createDeliveries(db: DatabaseSync, { now }: World) {
  const insert = db.prepare(
    `insert into delivery (position, id, event_id, channel, order_key, status, created_at, next_attempt_at, attempts_started,
      attempts_finished, first_attempt_at, last_attempt_at, ended_at, last_detail, lease_until, held_until)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
  );
  let count = 0;
  return (channel: string | null, event = '', orderKey = '', at = 0): number => {
    if (channel === null) return count;
    count += 1;
    const heldUntil = channel === 'dba' ? at + DAY / 2 : null;
    const pendingFor = channel === 'oncall' ? DAY : channel === 'dba' ? DAY / 2 : 5_000;
    const isPending = at > now - pendingFor;
    const status = isPending ? 'pending' : count % 397 === 0 ? 'given_up' : 'delivered';
    const tried = isPending && channel !== 'oncall' ? 0 : 1;
    const triedAt = tried === 1 ? (heldUntil ?? at) + 250 : null;
    const detail = tried === 0 ? null : status === 'delivered' ? 'HTTP 200' : 'HTTP 503 Service Unavailable';
    insert.run(count, `${event}:${channel}`, event, channel, orderKey, status, at, isPending && tried === 1 ? now + 3_600_000 : (heldUntil ?? at), tried, tried, triedAt, triedAt, isPending ? null : triedAt, detail, heldUntil); // biome-ignore format: one row
    return count;
  };
}

/** The last entries belong to the last events. */
function fillAudit(db: DatabaseSync, world: World, events: Float64Array): number {
  const insert = db.prepare('insert into audit_entry (seq, body) values (?, ?)');
  const samples = new Map<string, EventSample>();
  let head = GENESIS;
  let tree = EMPTY_FRONTIER;
  const append = (sample: EntrySample, job: Job, event: string): void => {
    const seq = head.seq + 1;
    const names = [job.id, event, head.hash, String(seq)];
    const before = sample.head(job.createdAt, names);
    const after = sample.tail(job.createdAt, names);
    const digest = hash('sha256', before + after);
    const line = `${before}"hash":"${digest}",${after}`;
    // The samples are lines that were taken apart: what was put together must still be what the program writes.
    if (seq % 10_007 === 1) checkEntry(head, line);
    insert.run(seq, line);
    head = { seq, hash: digest };
    tree = growFrontier(tree, [leafHash(line)]);
  };
  for (const code of events) {
    const { job, id, sample, channels } = stepOf(world, code, samples);
    for (const entry of [...sample.found, ...channels.flatMap(sample.told)]) {
      if (head.seq < world.auditEntries) append(entry, job, id);
    }
  }
  db.prepare('update audit_head set seq = ?, hash = ?, tree = ? where id = 1').run(
    head.seq,
    head.hash,
    frontierText(tree),
  );
  return head.seq;
}

function checkEntry(head: typeof GENESIS, line: string): void {
  const entry = parseAuditEntry(line);
  const fault = entry === null ? 'it cannot be read' : brokenLink(head, entry);
  if (fault !== null)
    throw new Error(`audit entry ${head.seq + 1} is not as the program writes it: ${fault}`);
}

const PLACES: readonly Place[] = WATCHES.flatMap((watch): Place[] =>
  watch === 'estate'
    ? Array.from({ length: 20 }, (_, n) => ({ watch, instance: `estate-${n}` }))
    : [{ watch, instance: watch }],
);

function jobOfNumber({ jobs, now }: World, number: number): Job {
  const chance = scrambled(number);
  const at = now - Math.round(((jobs - 1 - number) * AGE_MS) / jobs);
  // Atlas gives whole seconds, and the id begins with them.
  const createdAt = Math.floor(at / 1000) * 1000;
  const second = (createdAt / 1000).toString(16).padStart(8, '0');
  return {
    id: second + number.toString(16).padStart(16, '0'),
    createdAt,
    place: placeOf(chance % 100, number),
    life: lifeOf(number, Math.floor(chance / 100) % 100),
    isMuted: Math.floor(chance / 10_000) % 50 === 0,
  };
}

function placeOf(chance: number, number: number): Place {
  const at = chance < 40 ? 0 : chance < 60 ? 1 : chance < 86 ? 2 + (number % 20) : 22 + (number % 7);
  return PLACES[at] ?? { watch: 'orders', instance: 'orders' };
}

/** The same for the same number, and evenly spread. */
function scrambled(number: number): number {
  let mixed = Math.imul(number ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function keyOf({ watch, instance }: Place): string {
  return targetKey({ watch, kind: 'serverless', groupId: GROUP_ID, instanceName: instance });
}

function keyOfLife({ steps, deliveryType = 'automated' }: Life): string {
  return `${deliveryType}${steps.map(([name, afterMs]) => name + afterMs).join('+')}`;
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
