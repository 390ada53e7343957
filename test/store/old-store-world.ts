import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import type { AtlasErrorCode } from '../../src/simulator/atlas/errors.ts';
import type { InstanceKind } from '../../src/simulator/atlas/instances/instance-kind.ts';
import type { SimulatedJob } from '../../src/simulator/atlas/jobs/simulated-job.ts';
import type { JobStep } from '../../src/simulator/atlas/scenario.ts';
import { startHttpReceiver } from '../../src/simulator/receivers/http-receiver.ts';
import { startSlackReceiver } from '../../src/simulator/receivers/slack-receiver.ts';
import { startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { startWebhookReceiver } from '../../src/simulator/receivers/webhook-receiver.ts';
import { type Daemon, type Home, runCommand, startDaemon } from '../support/daemon.ts';

/** A store as a daemon left it that was killed, and all that belongs to it; its README says how it was made. */
const OLD_STORE = resolve(import.meta.dirname, '../fixtures/stores/layout-5');

/** The Atlas of that time. */
interface OldAtlas {
  killedAt: string;
  /** By project. */
  refused: Record<string, AtlasErrorCode>;
  instances: Array<{ groupId: string; name: string; kind: InstanceKind; tags: Record<string, string> }>;
  /** What the tests call a job, and its id. */
  names: Record<string, string>;
  jobs: Array<{ groupId: string; instance: string; job: SimulatedJob }>;
}

const WAS: OldAtlas = JSON.parse(readFileSync(join(OLD_STORE, 'atlas.json'), 'utf8'));
const SHIFTED_CLOCK = pathToFileURL(resolve(import.meta.dirname, 'fixtures/shifted-clock.ts')).href;

/** When the daemon was killed. */
export const KILLED_AT = Date.parse(WAS.killedAt);

/** @throws when no job has that name. */
export function idOf(name: string): string {
  const id = WAS.names[name];
  if (id === undefined) throw new Error(`no job is called ${name}`);
  return id;
}

/** What the tests call the job; without a name, its place is enough. */
export function nameOfJob(id: string | undefined): string {
  if (id === undefined) return '-';
  return Object.keys(WAS.names).find((name) => WAS.names[name] === id) ?? 'another';
}

/** A copy of the old store, where a daemon can go on. */
export function takeOldStore(): Home {
  const dir = mkdtempSync(join(tmpdir(), 'old-store-'));
  for (const file of ['audit.jsonl', 'watcher.config.json'])
    copyFileSync(join(OLD_STORE, file), join(dir, file));
  writeFileSync(join(dir, 'watcher.db'), unpacked('watcher.db'));
  return {
    dir,
    configFile: 'watcher.config.json',
    dbFile: join(dir, 'watcher.db'),
    store: { url: `sqlite:${join(dir, 'watcher.db')}` },
    auditFile: join(dir, 'audit.jsonl'),
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** What a command of the program that made it printed of it, as JSON. */
export function printedThen(what: 'history' | 'jobs'): { items: Array<Record<string, unknown>> } {
  return JSON.parse(unpacked(`${what}.json`).toString());
}

function unpacked(file: string): Buffer {
  return gunzipSync(readFileSync(join(OLD_STORE, `${file}.gz`)));
}

/** The Atlas of that time and receivers that accept, at a time of their own: no test depends on when it runs. */
export interface OldWorld {
  readonly atlas: AtlasSimulator;
  readonly receivers: Awaited<ReturnType<typeof startReceivers>>;
  now(): number;
  /** It is so late for Atlas, and for every program that is started from now on. */
  goTo(at: number): void;
  /** Moves a job on. */
  move(name: string, step: JobStep): void;
  /** Starts the daemon on that store. */
  start(home: Home): Daemon;
  /** Runs a command of the program beside it. */
  command(home: Home, ...args: string[]): ReturnType<typeof runCommand>;
  close(): Promise<void>;
}

export async function startOldWorld(): Promise<OldWorld> {
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const keys = { publicKey: 'public', privateKey: 'private' };
  const [atlas, receivers] = await Promise.all([startAtlas({ ...keys, now }), startReceivers()]);
  for (const { groupId, name, kind, tags } of WAS.instances) {
    atlas.addInstance(groupId, name, kind, { tags });
  }
  for (const { groupId, instance, job } of WAS.jobs) atlas.putJob(groupId, instance, job);
  for (const [groupId, code] of Object.entries(WAS.refused)) atlas.refuse(groupId, code);

  const env = (): Record<string, string> => ({
    ATLAS_URL: atlas.url,
    ATLAS_PUBLIC_KEY: keys.publicKey,
    ATLAS_PRIVATE_KEY: keys.privateKey,
    SIEM_URL: receivers.siem.url,
    SIEM_SECRET: 'a secret that nobody verifies here',
    TICKETS_URL: receivers.tickets.url,
    ARCHIVE_URL: receivers.archive.url,
    STANDBY_URL: receivers.standby.url,
    ONCALL_URL: receivers.oncall.url,
    SMTP_URL: receivers.dba.url,
    PAGER_URL: receivers.pager.url,
    NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`,
    CLOCK_AHEAD_MS: String(aheadMs),
  });
  return {
    atlas,
    receivers,
    now,
    goTo: (at) => {
      aheadMs = at - Date.now();
    },
    move: (name, step) => {
      const id = idOf(name);
      const place = WAS.jobs.find(({ job }) => job.id === id);
      if (!place) throw new Error(`Atlas has no job ${name} any more`);
      atlas.updateJob(place.groupId, place.instance, id, step);
    },
    start: (home) => startDaemon(home, env()),
    command: (home, ...args) =>
      runCommand([...args, '--config', home.configFile], { cwd: home.dir, env: env() }),
    close: async () => {
      await Promise.all([atlas, ...Object.values(receivers)].map((part) => part.close()));
    },
  };
}

/** By the names of their channels. No signature is verified: the time in it is not ours. */
async function startReceivers() {
  const [siem, tickets, archive, standby, oncall, pager, dba] = await Promise.all([
    startWebhookReceiver(),
    startWebhookReceiver(),
    startWebhookReceiver(),
    startWebhookReceiver(),
    startSlackReceiver(),
    startHttpReceiver({ what: 'page', path: '/v2/enqueue', read: (request) => request, own: () => 202 }),
    startSmtpSink(),
  ]);
  return { siem, tickets, archive, standby, oncall, pager, dba };
}
