import { newPlace } from '../../../src/domain/drills/drill-place.ts';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import { leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import { JOB_STATES } from '../../../src/domain/job/restore-job.ts';
import { firstTrust } from '../../../src/domain/polling/trust.ts';
import { PRUNED_THINGS } from '../../../src/store/ports/keeping.ts';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import { DELIVERY_STATUSES } from '../../../src/store/ports/outbox.ts';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  aJob,
  aMuteRequest,
  anAttestationRequest,
  anObservation,
  HOUR,
  jobId,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { aCommit, aDraft, plan, TARGET } from '../support.ts';

const LATER = T0 + HOUR;
const JOB = jobId(1);
const REMINDER = { channel: 'oncall', everyMs: MINUTE };

/** Asks a store for everything that it can be asked, with all filters in all combinations. */
export async function tour(store: Store): Promise<void> {
  await tourOfLeases(store);
  await store.checkWritable();
  await tourOfJobs(store);
  await tourOfAlerts(store);
  await tourOfDeliveries(store);
  await tourOfLists(store);
  await tourOfAudit(store);
  await store.moveSpans({ byMs: HOUR, at: LATER });
  await store.lastWrittenAt();
  const mute = await store.addMute(aMuteRequest());
  await store.listMutes({});
  await store.listMutes({ inForceAt: T0 });
  await store.listMutes({ openAt: T0 });
  await store.removeMute(mute.id, T0 + 1, 'ann');
  await store.attest(anAttestationRequest());
  await store.attestationsOf([jobId(1), jobId(2)]);
  await tourOfDrills(store);
  await tourOfKeeping(store);
  await store.close();
}

async function tourOfDrills(store: Store): Promise<void> {
  const mark = { drill: 'monthly', seq: 1, agreedAtSeq: 0, scope: '' };
  const place = newPlace({ groupId: 'g', instanceName: 'orders' }, T0);
  const alerts = { at: T0, raise: [], clear: [], events: [], audit: [] };
  const places = [
    { key: 'a', place },
    { key: 'b', place: null },
  ];
  await store.commitAlerts({ ...alerts, drills: { mark, isNew: true, places } });
  await store.drillMarks();
  await store.drillPlaces('monthly');
  await store.forgetDrills(['monthly']);
}

/** Of what is so old that nothing else of the tour is touched: a job, an event of no job, and a mute. */
async function tourOfKeeping(store: Store): Promise<void> {
  const at = T0 - 100 * 24 * HOUR;
  const job = aJob(['finished'], { id: jobId(30), createdAt: at });
  const events = [
    plan(30, { job: 30, channels: ['old'], detectedAt: at }),
    plan(31, { name: 'drill_overdue', channels: ['old'], detectedAt: at }),
  ];
  await store.commitPoll(aCommit({ at, observations: [anObservation(job, { changedAt: at })], events }));
  await store.addMute(aMuteRequest({ createdAt: at, until: at + 1 }));
  const owed = (await store.listDeliveries({ channel: 'old', limit: 9 })).items;
  const outcomes = owed.map(({ id }) => ({ id, kind: 'given_up' as const, at, detail: '' }));
  await store.recordOutcomes(outcomes, []);
  for (const thing of PRUNED_THINGS) {
    const step = { thing, overBefore: T0 - 50 * 24 * HOUR, limit: 1 };
    const { next } = await store.prune({ ...step, from: null });
    await store.prune({ ...step, from: next, limit: 9 });
  }
  await store.readObservations('orders', [job.id]);
  await store.commitPoll(aCommit({ observations: [anObservation(job, { wasPruned: true })] }));
  await store.findPruned({ head: job.id, tail: '', watch: null }, 9);
  await store.findPruned({ head: job.id.slice(0, 4), tail: '1', watch: null }, 9);
  await store.notePruned(T0);
  await store.oldestEventAt();
}

/** A store that serves one daemon has nothing but that to ask. */
async function tourOfLeases(store: Store): Promise<void> {
  const membership = await store.join(aJoining());
  store.under({ unit: 'keeper', token: 1 });
  if (membership.kind === 'alone') return;
  const wish = { wanted: ['keeper', 'channel:oncall'], configuration: 'c0ffee' };
  const { held } = await membership.beat(wish);
  for (const lease of held) await store.under(lease).checkWritable();
  await tourOfEstates(membership, held);
  await membership.release(['keeper'], null);
  await membership.leave();
  await membership.end();
  await membership.beat(wish);
}

async function tourOfEstates(membership: SharedMembership, held: readonly Lease[]): Promise<void> {
  const key = { watch: 'all', connection: 'atlas' };
  const project = { groupId: 'one', name: null, tags: {}, isGone: false };
  for (const lease of held.slice(0, 1)) {
    await membership.noteProjects(lease, key, { found: [project], forgotten: [] });
    await membership.noteProjects(lease, { ...key, connection: 'b' }, { found: [], forgotten: ['one'] });
  }
  await membership.foundProjects(key);
  await membership.noteShare('all', { fault: null, doubted: [] });
  await membership.noteShare('all', null);
  await membership.estates();
}

async function tourOfJobs(store: Store): Promise<void> {
  const muted = (number: number): PlannedEvent => ({
    ...plan(number),
    channels: [],
    suppressed: 'muted',
    muteId: 1,
  });
  await store.addMute(aMuteRequest());
  await store.commitPoll(
    aCommit({
      takesBaseline: true,
      observations: [anObservation(), anObservation(aJob(['finished'], { id: jobId(2) }))],
      events: [
        { ...plan(1, { name: 'stalled' }), reminders: [REMINDER] },
        ...[2, 3, 4, 5].map((number) => plan(number, { job: number, channels: ['oncall', 'dba'] })),
        { ...plan(6, { job: 6 }), heldUntil: new Map([['oncall', LATER]]) },
        muted(7),
      ],
      audit: [aDraft()],
    }),
  );
  await store.readTarget(TARGET, T0);
  await store.followedTargets('orders', T0);
  await store.readObservations('orders', [JOB]);
  const place = { watch: 'orders', kind: 'serverless', groupId: 'g', instanceName: 'orders' } as const;
  await store.readElsewhere(place, [JOB]);
  await store.finishedDurations(TARGET, 9);
  await store.noteLook(TARGET, T0);
  await store.lastLookAt(TARGET);
  await store.noteLooks([TARGET], T0);
  await store.lastLooksAt([TARGET, 'b']);
  await store.targetKeysOf('orders', [JOB]);
  await store.targetsWithBaseline([TARGET, 'b']);
  await store.noteSuccesses(new Map([['orders', T0]]), T0);
  const feed = { connection: 'atlas', kind: 'cluster' } as const;
  const trust = { ...feed, groupId: 'g', trust: firstTrust('cluster', T0) };
  await store.noteFeedTrust([trust], []);
  await store.noteFeedTrust([trust], [aDraft()]);
  await store.readFeedTrust(feed, ['g', 'h']);
  await tourOfCoverage(store);
}

/** More than one page of it. */
async function tourOfCoverage(store: Store): Promise<void> {
  const writer = { id: 'a', startedAt: T0, aliveAt: T0, endedAt: null };
  const spans = Array.from({ length: 2_200 }, (_, index) => ({
    ...{ number: index + 1, watch: 'orders', groupId: 'g', instanceName: `c${index}` },
    ...{ from: T0, to: null, cause: null, until: index % 2 === 0 ? null : T0 + 1, slackMs: 0 },
  }));
  await store.noteCoverage({ writer, spans, firsts: [1, 2] });
  await store.readCoverage({ since: T0, until: LATER });
  await store.pruneCoverage(T0 - HOUR, 9);
}

async function tourOfAlerts(store: Store): Promise<void> {
  await store.commitAlerts({
    at: T0,
    raise: ['watch_failing/orders'],
    clear: ['channel_failing/oncall'],
    events: [
      { ...plan(20, { name: 'drill_overdue', detectedAt: T0 }), reminders: [REMINDER] },
      plan(21, { name: 'channel_recovered', channels: ['oncall'] }),
    ],
    audit: [],
  });
  await store.readAlerts();
  await store.alertEvent('watch_failing/orders', T0);
  await store.hasEvent(plan(1).event.id);
  await store.lastFinishedAt('orders');
  await store.watchedSince('orders');
  await store.remind({ at: LATER, limit: 9 }, ({ due: [first, ...others] }) => ({
    events: [],
    audit: [],
    next: first ? [{ eventId: first.first.id, channel: first.channel, count: 1, waitMs: HOUR }] : [],
    ended: others.map(({ first: { id }, channel }) => ({ eventId: id, channel })),
  }));
}

async function tourOfDeliveries(store: Store): Promise<void> {
  const ask = { channel: 'oncall', owner: 'a', now: T0 + MINUTE, leaseMs: 15_000, limit: 2 } as const;
  for (const perKey of ['head', 'run'] as const) {
    for (const held of [undefined, true, false]) {
      for (const more of [{}, { except: ['x'] }, { onlyUrgent: true }, { except: ['x'], onlyUrgent: true }]) {
        const at = { ...ask, ...(held === undefined ? {} : { held }), ...more };
        await store.claimDeliveries({ ...at, perKey });
        await store.claimDeliveries({ ...at, perKey, isAgain: true });
      }
    }
  }
  // What was claimed above; the outcomes of all the others are passed over.
  const outcome = { at: T0 + MINUTE, detail: '' };
  const held = (await store.listDeliveries({ limit: 99 })).items.map(({ id }) => id);
  await store.renewLeases(held, 'a', LATER);
  const apart = [
    { recipient: 'ann', kind: 'owed' as const },
    { recipient: 'bob', kind: 'retry' as const, nextAttemptAt: LATER, detail: '' },
  ];
  const retried = { ...outcome, nextAttemptAt: LATER, refusedSince: T0, triedMs: 1 };
  for (const owner of ['a', undefined]) {
    for (const [index, id] of held.entries()) {
      if (index % 4 === 0) await store.recordOutcomes([{ ...outcome, id, kind: 'released' }], [], owner);
      if (index % 4 === 1)
        await store.recordOutcomes([{ ...outcome, id, kind: 'delivered', apart }], [aDraft()], owner);
      if (index % 4 === 2)
        await store.recordOutcomes([{ ...retried, id, kind: 'retry', quietUntil: LATER }], [], owner);
      if (index % 4 === 3) await store.recordOutcomes([{ ...outcome, id, kind: 'given_up' }], [], owner);
    }
  }
  await store.nextDueAt('oncall');
  await store.nextDueAt('oncall', { owedAt: LATER });
  await store.failingChannels();
  await store.givenUpSince(0);
  await store.lastAcceptedAt('oncall');
  await store.oweFallbacks({ channel: 'oncall', fallback: 'standby', notAcceptedSince: LATER, at: LATER });
  await store.redrive(held, LATER);
  await store.redrive('given_up', LATER);
}

async function tourOfLists(store: Store): Promise<void> {
  for (const watch of [undefined, 'orders']) {
    for (const jobId of [undefined, JOB]) {
      for (const state of [undefined, ...JOB_STATES])
        await pages((page) => store.listObservations({ watch, jobId, state, ...page }), ['orders', JOB]);
      for (const since of [undefined, 0])
        for (const until of [undefined, LATER])
          for (const onlyHappened of [false, true])
            await pages(
              (page) => store.listEvents({ watch, jobId, since, until, onlyHappened, ...page }),
              [1],
            );
    }
  }
  for (const { event } of await store.eventsAfter(1, 9)) await store.placeOfEvent(event.id);
  await store.placeOfEvent('none');
  await store.lastPlace();
  store.useLogin({ url: 'sqlite:./elsewhere.db' });
  await store.listen({ woken: () => {}, deaf: () => {} })();
  for (const channel of [undefined, 'oncall'])
    for (const status of [undefined, ...DELIVERY_STATUSES])
      await pages((page) => store.listDeliveries({ channel, status, ...page }), []);
  for (const head of [JOB, JOB.slice(0, 4), 'none'])
    for (const tail of ['', '1']) {
      await store.findJobIds({ head, tail, watch: null }, 9);
      await store.findDeliveryIds({ head, tail, watch: null }, 9);
    }
  await store.oldestRunning(['orders', 'other'], 9);
  await store.runningSince();
  await store.lastFinishes(['orders', 'other'], 9);
  await store.lastFinishes([], 9);
  await store.lastSuccesses();
  await store.owedSince(['oncall']);
  await store.countJobs();
  await store.countDeliveries(T0);
}

/** The first page, and one behind a cursor. */
async function pages(
  read: (page: { limit: number; cursor?: string }) => Promise<unknown>,
  restOfKey: ReadonlyArray<string | number>,
): Promise<void> {
  await read({ limit: 9 });
  const cursor = Buffer.from(JSON.stringify([LATER, ...restOfKey])).toString('base64url');
  await read({ limit: 9, cursor });
}

async function tourOfAudit(store: Store): Promise<void> {
  await store.recordAudit([aDraft()]);
  await store.readAudit(0, 9);
  await store.readAuditLines(0, 9);
  await store.readAuditText(0, 9);
  await store.auditHead();
  await store.auditStart();
  const frontier = { size: 1, hashes: [leafHash('any')] };
  const root = leafHash('any');
  await store.witnessView('witness');
  await store.noteCosigned({ witness: 'witness', frontier, line: 'a line', at: T0 });
  await store.witnessed('a log');
  await store.noteWitnessed('a log', 0, { size: 1, root, note: 'a note' });
  await store.auditTree();
  await store.recordCheckpoint({ at: T0, key: 'log+00000000+AA==', sign: () => 'note' });
  await store.lastCheckpoint();
  await store.noteVerified({ at: T0, by: 'ann', head: null, problems: 0, first: null, isKeyGiven: false });
  await store.lastVerified();
  await store.noteMirrored(1);
  const last = { seq: 1, hash: 'a'.repeat(64) };
  await store.cutAudit({ last, frontier, checkpoint: 'a note', key: 'a key' }, T0);
  await store.deleteCut(9);
  await store.mirroredSeq();
}
