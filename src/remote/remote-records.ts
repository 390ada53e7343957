import type { Clock } from '../clock.ts';
import { parseJobId } from '../domain/id-form.ts';
import { toIso } from '../domain/instant.ts';
import { isInForce } from '../domain/telling/mute.ts';
import { WatcherError } from '../errors.ts';
import type { PageRequest, Rows } from '../store/ports/records.ts';
import type { Records } from '../views/records/records.ts';
import { UnfitId } from '../views/resolve-id.ts';
import type { StatusReport } from '../views/status/report.ts';
import { type Answer, createApiClient, type DaemonAddress } from './api-client.ts';
import {
  itemsOf,
  requireFields,
  toExpectedEnd,
  toListedDelivery,
  toMute,
  toObservation,
  toRecordedEvent,
} from './decode.ts';

/** The API gives no more at once. */
const MOST_AT_ONCE = 500;

/** The record as a daemon tells it, and how that stands. */
export function connectDaemon(
  address: DaemonAddress,
  { clock }: { clock: Clock },
): { records: Records; status: () => Promise<StatusReport> } {
  const client = createApiClient(address);
  const page = ({ limit, cursor }: PageRequest) => ({ limit: Math.min(MOST_AT_ONCE, limit), cursor });
  const rows = async <T>(answer: Promise<Answer>, decode: (view: Answer) => T): Promise<Rows<T>> => {
    const found = await answer;
    const { nextCursor } = found;
    return {
      items: itemsOf(found).map(decode),
      nextCursor: typeof nextCursor === 'string' ? nextCursor : null,
    };
  };
  const iso = (at: number | undefined): string | undefined =>
    at === undefined || !Number.isFinite(at) ? undefined : toIso(at);

  const records: Records = {
    listJobs: ({ watch, jobId, state, ...asked }) =>
      rows(client.get('/jobs', { watch, job: jobId, state, ...page(asked) }), (view) => {
        const observation = toObservation(view);
        return { observation, eta: toExpectedEnd(view, observation.job, clock.now()) };
      }),
    listEvents: ({ jobId, watch, since, until, target, onlyHappened = false, ...asked }) =>
      rows(
        client.get('/transitions', {
          ...{ job: jobId, watch, since: iso(since), until: iso(until), target },
          all: onlyHappened ? undefined : 'true',
          ...page(asked),
        }),
        (view) => toRecordedEvent(view, clock.now()),
      ),
    listDeliveries: ({ channel, status, ...asked }) =>
      rows(client.get('/deliveries', { channel, status, ...page(asked) }), (view) =>
        toListedDelivery(view, clock.now()),
      ),
    listMutes: async ({ inForceAt, openAt = inForceAt }) => {
      const answer = await client.get('/mutes', { all: openAt === undefined ? 'true' : undefined });
      const mutes = itemsOf(answer).map(toMute);
      return inForceAt === undefined ? mutes : mutes.filter((mute) => isInForce(mute, inForceAt));
    },
    resolveJob: async (text) => {
      if (parseJobId(text) === null) throw new UnfitId('restore job', text);
      try {
        const { id } = await client.get(`/jobs/${encodeURIComponent(text)}`);
        return String(id);
      } catch (thrown) {
        // Nobody has observed it: something may be told of it all the same.
        if (thrown instanceof WatcherError && thrown.code === 'not_found') return text;
        throw thrown;
      }
    },
    readAudit: async (afterSeq, limit) => {
      const answer = await client.get('/audit', { after: afterSeq, limit: Math.min(MOST_AT_ONCE, limit) });
      requireFields(answer, ['items', 'head']);
      const { head } = answer as { head: { seq: number; hash: string } };
      return {
        lines: itemsOf(answer).map(({ seq, line }) => ({ seq: Number(seq), body: String(line) })),
        head,
      };
    },
    redrive: async (request) => {
      const ids = request.kind === 'ids' ? request.ids : await givenUpOf(records, request.channel);
      const redriven: string[] = [];
      const refused: string[] = [];
      for (const id of ids) {
        const answer = await client.post(`/deliveries/${encodeURIComponent(id)}/redrive`, {});
        (answer.redriven === true ? redriven : refused).push(String(answer.id ?? id));
      }
      return { redriven, refused };
    },
    addMute: async ({ every, ...asked }) => {
      const when = every === null ? {} : { every: every.schedule, timeZone: every.timeZone };
      const answer = await client.post('/mutes', { ...asked, ...when });
      const { warnings } = answer;
      return { mute: toMute(answer), warnings: Array.isArray(warnings) ? warnings.map(String) : [] };
    },
    removeMute: async (id, by) => {
      try {
        return toMute(await client.delete(`/mutes/${id}`, { author: by }));
      } catch (thrown) {
        if (thrown instanceof WatcherError && thrown.code === 'not_found') return null;
        throw thrown;
      }
    },
    close: async () => client.close(),
  };
  return {
    records,
    status: async () => {
      const answer = await client.get('/status');
      requireFields(answer, ['asOf', 'daemon', 'watches', 'channels', 'config', 'problems']);
      // Made by the same version of this program, or a later one that adds to it.
      return answer as unknown as StatusReport;
    },
  };
}

async function givenUpOf(
  records: Pick<Records, 'listDeliveries'>,
  channel: string | null,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const filter = { status: 'given_up' as const, channel: channel ?? undefined };
    const found = await records.listDeliveries({ ...filter, limit: MOST_AT_ONCE, cursor });
    ids.push(...found.items.map(({ id }) => id));
    cursor = found.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}
