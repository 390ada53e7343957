import type { Clock } from '../clock.ts';
import type { PlaceCoverage } from '../domain/coverage/periods.ts';
import type { AskedAttestation, Attestation } from '../domain/evidence/attestation.ts';
import { parseStub } from '../domain/evidence/audit-stub.ts';
import type { TellingConfig } from '../domain/explain/why.ts';
import { parseDeliveryId, parseJobId } from '../domain/id-form.ts';
import { toIso } from '../domain/instant.ts';
import { isInForce } from '../domain/telling/mute.ts';
import { WatcherError } from '../errors.ts';
import type { MadeCheckpoint } from '../store/ports/audit.ts';
import type { PageRequest, Rows } from '../store/ports/records.ts';
import { GoneJob } from '../views/gone-job.ts';
import { givenUpOf } from '../views/records/given-up.ts';
import type { CoverageRequest, Records, Redriven } from '../views/records/records.ts';
import { UnfitId } from '../views/resolve-id.ts';
import type { StatusReport } from '../views/status/report.ts';
import { type Answer, type ApiClient, createApiClient, type DaemonAddress } from './api-client.ts';
import {
  itemsOf,
  requireFields,
  requireLists,
  toAttestation,
  toAttestations,
  toExpectedEnd,
  toListedDelivery,
  toMute,
  toObservation,
  toPlaceCoverage,
  toRecordedEvent,
} from './decode.ts';

/** The API gives no more at once. */
const MOST_AT_ONCE = 500;

/** The record as a daemon tells it, and how that stands. */
export function connectDaemon(
  address: DaemonAddress,
  { clock }: { clock: Clock },
): { records: Records; status: () => Promise<StatusReport>; telling: () => Promise<TellingConfig> } {
  const client = createApiClient(address);
  const page = ({ limit, cursor }: PageRequest) => ({ limit: Math.min(MOST_AT_ONCE, limit), cursor });
  const records: Records = {
    listJobs: ({ watch, jobId, state, ...asked }) =>
      client.get(
        '/jobs',
        { watch, job: jobId, state, ...page(asked) },
        rows((view) => {
          const observation = toObservation(view);
          return {
            observation,
            eta: toExpectedEnd(view, observation.job, clock.now()),
            attestations: toAttestations(view),
          };
        }),
      ),
    listEvents: ({ jobId, watch, since, until, target, onlyHappened = false, ...asked }) =>
      client.get(
        '/transitions',
        {
          ...{ job: jobId, watch, since: iso(since), until: iso(until), target },
          all: onlyHappened ? undefined : 'true',
          ...page(asked),
        },
        rows((view) => toRecordedEvent(view, clock.now())),
      ),
    listDeliveries: ({ channel, status, ...asked }) =>
      client.get(
        '/deliveries',
        { channel, status, ...page(asked) },
        rows((view) => toListedDelivery(view, clock.now())),
      ),
    listMutes: async ({ inForceAt, openAt = inForceAt }) => {
      const { items } = await client.get(
        '/mutes',
        { all: openAt === undefined ? 'true' : undefined },
        rows(toMute),
      );
      return inForceAt === undefined ? items : items.filter((mute) => isInForce(mute, inForceAt));
    },
    resolveJob: async (text) => {
      if (parseJobId(text) === null) throw new UnfitId('restore job', text);
      // Nobody has observed it: something may be told of it all the same.
      const id = await orNull(client.get(`/jobs/${encodeURIComponent(text)}`, {}, ({ id }) => String(id)));
      return id ?? text;
    },
    goneJob: (text) => readGone(client, text),
    readAudit: (afterSeq, limit) =>
      client.get('/audit', { after: afterSeq, limit: Math.min(MOST_AT_ONCE, limit) }, (answer) => {
        requireFields(answer, ['items', 'head']);
        const { head } = answer as { head: { seq: number; hash: string } };
        const lines = itemsOf(answer).map(({ seq, line }) => ({ seq: Number(seq), body: String(line) }));
        const start = typeof answer.start === 'string' ? parseStub(answer.start) : null;
        return { lines, head, start };
      }),
    coverage: (request) => readCoverage(client, request),
    lastCheckpoint: () =>
      client.get('/checkpoint', {}, (answer) => {
        requireFields(answer, ['key', 'checkpoint']);
        const { key, checkpoint } = answer as { key: string | null; checkpoint: MadeCheckpoint | null };
        return { key, last: checkpoint };
      }),
    redrive: async (request) => {
      const ids = request.kind === 'ids' ? request.ids : await givenUpOf(records, request.channel);
      return redriveEach(client, ids);
    },
    addMute: ({ every, ...asked }) => {
      const when = every === null ? {} : { every: every.schedule, timeZone: every.timeZone };
      return client.post('/mutes', { ...asked, ...when }, (answer) => {
        const { warnings } = answer;
        return { mute: toMute(answer), warnings: Array.isArray(warnings) ? warnings.map(String) : [] };
      });
    },
    attest: (asked) => attest(client, asked),
    removeMute: (id, by) => orNull(client.delete(`/mutes/${id}`, { author: by }, toMute)),
    close: async () => client.close(),
  };
  return {
    records,
    status: () =>
      client.get('/status', {}, (answer) => {
        requireFields(answer, ['asOf', 'ok', 'daemon', 'config', 'store']);
        requireLists(answer, ['problems', 'warnings', 'watches', 'channels', 'mutes']);
        // Made by the same version of this program, or a later one that adds to it.
        return answer as unknown as StatusReport;
      }),
    telling: () =>
      client.get('/routes', {}, (answer) => {
        requireLists(answer, ['routes', 'channels', 'fallbacks']);
        return answer as unknown as TellingConfig;
      }),
  };
}

function rows<T>(decode: (view: Answer) => T): (answer: Answer) => Rows<T> {
  return (answer) => ({
    items: itemsOf(answer).map(decode),
    nextCursor: typeof answer.nextCursor === 'string' ? answer.nextCursor : null,
  });
}

function iso(at: number | undefined): string | undefined {
  return at === undefined || !Number.isFinite(at) ? undefined : toIso(at);
}

/** Why a job is not on record, where the daemon knows. */
async function readGone(client: ApiClient, text: string): Promise<GoneJob | null> {
  try {
    await client.get(`/jobs/${encodeURIComponent(text)}`, {}, () => null);
  } catch (thrown) {
    if (thrown instanceof GoneJob) return thrown;
    if (!(thrown instanceof WatcherError) || thrown.code !== 'not_found') throw thrown;
  }
  return null;
}

async function attest(client: ApiClient, { job, ...said }: AskedAttestation): Promise<Attestation> {
  if (parseJobId(job) === null) throw new UnfitId('restore job', job);
  return client.post(`/jobs/${encodeURIComponent(job)}/attestation`, said, toAttestation);
}

function readCoverage(client: ApiClient, { watch, since, until }: CoverageRequest): Promise<PlaceCoverage[]> {
  const query = { watch, since: toIso(since), until: toIso(until) };
  return client.get('/coverage', query, (answer) => itemsOf(answer).map(toPlaceCoverage));
}

/** `null` for what the daemon does not have. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (thrown) {
    const isMissing =
      thrown instanceof GoneJob || (thrown instanceof WatcherError && thrown.code === 'not_found');
    if (isMissing) return null;
    throw thrown;
  }
}

/** One after the other, as the API has it: where it ends early, what was done before stays done, and is told. */
async function redriveEach(client: ApiClient, ids: readonly string[]): Promise<Redriven> {
  const unfit = ids.find((id) => parseDeliveryId(id) === null);
  if (unfit !== undefined) throw new UnfitId('delivery', unfit);
  const redriven: string[] = [];
  const refused: string[] = [];
  for (const [index, id] of ids.entries()) {
    try {
      const answer = await client.post(`/deliveries/${encodeURIComponent(id)}/redrive`, {}, (came) => came);
      (answer.redriven === true ? redriven : refused).push(String(answer.id ?? id));
    } catch (thrown) {
      if (!(thrown instanceof WatcherError) || index === 0) throw thrown;
      // Only what was not answered may have been done.
      const isUnknown = thrown.code === 'daemon_unreachable';
      const left = ids.slice(isUnknown ? index + 1 : index);
      return { redriven, refused, cutShort: { at: isUnknown ? id : null, left, fault: thrown } };
    }
  }
  return { redriven, refused, cutShort: null };
}
