import { type Drill, shortDrills } from '../domain/drills/drill.ts';
import { parseVerifierKey, parseWitnessKey, type VerifierKey } from '../domain/evidence/signed-note.ts';
import type { ApiVersion, Watch } from '../domain/job/watch.ts';
import { alongsideOf, cessionsOf } from '../domain/polling/ownership.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { Route } from '../domain/telling/routing.ts';
import type { TestAlert } from '../domain/telling/test-alert.ts';
import type { ChannelTemplate } from '../templates/channel-template.ts';
import { isOpsManager, normaliseBaseUrl } from './addresses.ts';
import type {
  AuditConfig,
  ChannelConfig,
  ConnectionConfig,
  HeartbeatConfig,
  NotForNotifiers,
  WatcherConfig,
} from './config.ts';
import { parseDuration } from './duration.ts';
import { CHANNEL_SCHEMA } from './schema/channels.ts';
import type { SoundConfig } from './schema/check-shape.ts';
import { defaultCheckpoints, defaultKeyFile } from './schema/default-store.ts';
import { knownKeys } from './schema/known-keys.ts';
import type { FilledConfigFile } from './schema/schema.ts';

type Normalised = Pick<
  WatcherConfig,
  | 'connections'
  | 'watches'
  | 'channels'
  | 'fallbacks'
  | 'routes'
  | 'drills'
  | 'testAlert'
  | 'store'
  | 'keepMs'
  | 'audit'
  | 'server'
  | 'publicUrl'
  | 'runbookUrl'
  | 'heartbeat'
  | 'log'
>;

/**
 * Brings a file without faults into the one shape that the program works with.
 * @param written as somebody has written it, without defaults.
 * @param bodyFiles what stands in them, by path.
 */
export function normalise(
  file: FilledConfigFile,
  written: SoundConfig,
  bodyFiles: ReadonlyMap<string, string>,
): Normalised {
  const connections = file.connections.map(toConnection);
  const publicUrl = toPublicUrl(file.server);
  const watches = file.watches.map((watch, index) => ({
    ...toWatch(watch, connectionOf(watch, file.connections)),
    isScheduleDefault: !isScheduleWritten(written.watches?.[index]),
  }));
  const shared = watches.map((watch) => ({
    ...watch,
    cedes: cessionsOf(watch, watches),
    alongside: alongsideOf(watch, watches),
  }));
  return {
    connections,
    watches: shared,
    channels: file.channels.map((channel) => toChannel(channel, { bodyFiles, publicUrl })),
    fallbacks: file.channels.flatMap(toFallback),
    routes: file.routes.map(toRoute),
    drills: [...file.drills.map(toDrill), ...shortDrills(shared)],
    testAlert: toTestAlert(file),
    store: placeOf(file.store),
    keepMs: file.store.keep === 'forever' ? null : span(file.store.keep),
    audit: toAudit(file),
    server: {
      host: file.server.host.replace(/^\[(.*)\]$/, '$1'),
      port: file.server.port,
      token: file.server.token || null,
      viewToken: file.server.viewToken || null,
      publicBadges: file.server.publicBadges,
    },
    publicUrl,
    runbookUrl: file.server.runbookUrl ? new URL(file.server.runbookUrl).href : null,
    heartbeat: file.heartbeat === undefined ? null : toHeartbeat(file.heartbeat),
    log: file.log,
  };
}

/** Without the keys that say something else than where the store is. */
function placeOf({ url, schema, caFile }: FilledConfigFile['store']): WatcherConfig['store'] {
  return { url, ...(schema === undefined ? {} : { schema }), ...(caFile === undefined ? {} : { caFile }) };
}

function toAudit({ audit, store }: FilledConfigFile): AuditConfig {
  const { file, checkpoints, checkpointEvery, origin, keyFile, keep, witnesses, witnessFor } = audit;
  return {
    file,
    checkpoints: checkpoints ?? defaultCheckpoints(file),
    checkpointEveryMs: span(checkpointEvery),
    origin: origin ?? null,
    key: { file: keyFile ?? defaultKeyFile(file, store.url), isGiven: keyFile !== undefined },
    keepMs: keep === 'forever' ? null : span(keep),
    witnesses: witnesses.map(({ url, key, caFile }) => ({
      url,
      key: keyIn(parseWitnessKey(key)),
      caFile: caFile ?? null,
    })),
    witnessFor: witnessFor.map(({ key }) => keyIn(parseVerifierKey(key))),
  };
}

function toConnection(written: FilledConfigFile['connections'][number]): ConnectionConfig {
  const { name, baseUrl, auth, requestTimeout, retries, requestsPerMinute, caFile } = written;
  return {
    name,
    baseUrl: normaliseBaseUrl(baseUrl),
    auth,
    requestTimeoutMs: span(requestTimeout),
    retries,
    requestsPerMinute,
    caFile: caFile ?? null,
  };
}

/** Where a watch leaves it out there is but one. That it exists has been checked. */
function connectionOf(
  { connection }: FilledConfigFile['watches'][number],
  connections: FilledConfigFile['connections'],
): FilledConfigFile['connections'][number] {
  const found = connections.find(({ name }) => connection === undefined || name === connection);
  if (found === undefined) throw new Error('a connection got past the rules');
  return found;
}

/** Ops Manager and Cloud Manager are told by their address: what they call v1.0 is another API than Atlas's. */
function apiVersionOf(
  { kind, apiVersion }: FilledConfigFile['watches'][number],
  { baseUrl }: FilledConfigFile['connections'][number],
): ApiVersion {
  if (kind === 'legacy' && apiVersion !== 'v2' && isOpsManager(baseUrl)) return 'public';
  return apiVersion ?? (kind === 'serverless' ? 'v1.0' : 'v2');
}

function isScheduleWritten(watch: NonNullable<SoundConfig['watches']>[number]): boolean {
  return watch?.schedule !== undefined || watch?.scheduleIdle !== undefined;
}

/** Ids are compared with what Atlas sends, which is in lower case. */
function toWatch(
  written: FilledConfigFile['watches'][number],
  connection: FilledConfigFile['connections'][number],
): Omit<Watch, 'isScheduleDefault' | 'cedes' | 'alongside'> {
  const { name, kind, instanceName, schedule, announceExisting, labels } = written;
  return {
    name,
    connection: connection.name,
    kind,
    apiVersion: apiVersionOf(written, connection),
    groupId: written.groupId.toLowerCase(),
    instanceName,
    exclude: written.exclude,
    restoreJobIds: [...new Set(written.restoreJobIds.map((id) => id.toLowerCase()))],
    schedule: schedule.trim(),
    scheduleIdle: written.scheduleIdle?.trim() ?? null,
    announceExisting: typeof announceExisting === 'string' ? span(announceExisting) : announceExisting,
    stalledAfter:
      written.stalledAfter === undefined || written.stalledAfter === 'auto'
        ? (written.stalledAfter ?? null)
        : span(written.stalledAfter),
    expiringWithinMs: written.expiringWithin === undefined ? null : span(written.expiringWithin),
    failingAfterMs: span(written.failingAfter),
    expectRestoreEveryMs: spanOrNull(written.expectRestoreEvery),
    rtoMs: spanOrNull(written.rto),
    rpoMs: spanOrNull(written.rpo),
    discoverEveryMs: span(written.discoverEvery),
    reconcileEveryMs: span(written.reconcileEvery),
    hint: written.hint,
    sweepEveryMs: span(written.sweepEvery),
    actors: written.actors,
    labels,
  };
}

function toPublicUrl({ publicUrl }: FilledConfigFile['server']): string | null {
  return publicUrl ? new URL(publicUrl).href.replace(/\/+$/, '') : null;
}

const NOT_FOR_NOTIFIERS: readonly string[] = [
  'allowHttp',
  'fallback',
  'fallbackAfter',
  'timeout',
] satisfies NotForNotifiers[];

/** A channel with every key that its schema has for its notifier. What was left out, or is an empty text, is `null`. */
function toChannel(
  written: FilledConfigFile['channels'][number],
  { bodyFiles, publicUrl }: { bodyFiles: ReadonlyMap<string, string>; publicUrl: string | null },
): ChannelConfig {
  const filled = {
    ...written,
    ...('template' in written ? { template: toTemplate(written.template ?? {}, bodyFiles) } : {}),
    ...('digest' in written ? { digest: written.digest?.trim() } : {}),
  };
  const keys = knownKeys(CHANNEL_SCHEMA, written, []).filter((key) => !NOT_FOR_NOTIFIERS.includes(key));
  // `ChannelConfig` is made of the same schema by the same rules.
  return {
    ...Object.fromEntries(keys.map((key) => [key, orNull(Reflect.get(filled, key))])),
    timeoutMs: written.timeout === undefined ? null : span(written.timeout),
    publicUrl,
  } as ChannelConfig;
}

function orNull(value: unknown): unknown {
  return value === undefined || value === '' ? null : value;
}

function toTemplate(
  {
    title,
    body,
    bodyFile,
  }: { title?: string | undefined; body?: string | undefined; bodyFile?: string | undefined },
  bodyFiles: ReadonlyMap<string, string>,
): ChannelTemplate | null {
  const written = body ?? (bodyFile === undefined ? undefined : bodyFiles.get(bodyFile));
  return title === undefined && written === undefined
    ? null
    : { title: title ?? null, body: written ?? null };
}

/** The stand-in of a channel, where it has one. */
export function toFallback({
  name,
  fallback,
  fallbackAfter,
}: Pick<FilledConfigFile['channels'][number], 'name' | 'fallback' | 'fallbackAfter'>): Fallback[] {
  return fallback === undefined ? [] : [{ channel: name, fallback, afterMs: span(fallbackAfter) }];
}

/** A route with every condition; one that it does not have is `null`. */
export function toRoute(written: FilledConfigFile['routes'][number]): Route {
  const { events, channels, watches, labels, severities, targetClusterNames, remindEvery } = written;
  const { kinds, deliveryTypes, instanceNames, crossProject } = written;
  return {
    events,
    channels,
    watches: watches ?? null,
    labels: labels ?? null,
    severities: severities ?? null,
    targetClusterNames: targetClusterNames ?? null,
    kinds: kinds ?? null,
    deliveryTypes: deliveryTypes ?? null,
    instanceNames: instanceNames ?? null,
    crossProject: crossProject ?? null,
    remindEveryMs: remindEvery === undefined ? null : span(remindEvery),
  };
}

function toDrill(written: FilledConfigFile['drills'][number]): Drill {
  const { name, watch, targets, every, maxDuration, maxSnapshotAge, validateWithin } = written;
  return {
    name,
    watch,
    targets: targets ?? [],
    everyMs: span(every),
    maxDurationMs: spanOrNull(maxDuration),
    maxSnapshotAgeMs: spanOrNull(maxSnapshotAge),
    validateWithinMs: spanOrNull(validateWithin),
  };
}

/** The first watch unless one is named. */
function toTestAlert({ testAlert, watches }: FilledConfigFile): TestAlert | null {
  if (testAlert === undefined) return null;
  return {
    schedule: testAlert.schedule.trim(),
    event: testAlert.event,
    watch: testAlert.watch ?? watches[0]?.name ?? '',
    target: testAlert.target ?? null,
  };
}

function toHeartbeat(written: NonNullable<FilledConfigFile['heartbeat']>): HeartbeatConfig {
  const { url, every, failUrl, caFile, checkpoint } = written;
  return { url, everyMs: span(every), failUrl: failUrl ?? null, caFile: caFile ?? null, checkpoint };
}

function spanOrNull(written: string | undefined): number | null {
  return written === undefined ? null : span(written);
}

/** A rule has seen to it that it is one. */
function keyIn(key: VerifierKey | null): VerifierKey {
  if (key === null) throw new Error('a key got past the rules');
  return key;
}

/** The schema has seen to it that it is a duration. */
function span(written: string): number {
  const ms = parseDuration(written);
  if (ms === null) throw new Error('a duration got past the schema');
  return ms;
}
