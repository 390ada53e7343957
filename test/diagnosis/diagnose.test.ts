import { describe, expect, it } from 'vitest';
import { diagnoseWatches } from '../../src/diagnosis/diagnose.ts';
import { failedStep } from '../../src/diagnosis/diagnosis.ts';
import type { JobKind } from '../../src/domain/job/restore-job.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import { SourceError, type SourceErrorOptions, type SourceReason } from '../../src/errors.ts';
import { tokenError } from '../../src/source/login/oauth-errors.ts';
import { atlasError } from '../../src/source/reply/atlas-errors.ts';
import type { JobSource, ListedProject } from '../../src/source/source.ts';
import { aJob, aWatch, GROUP_ID, jobId, T0 } from '../support/builders.ts';
import { createFakeSource } from '../support/fake-source.ts';

/** An Atlas that lists these instances, by kind; `null`: the credential may not list them. */
type Lists = Partial<Record<JobKind, readonly string[] | null>>;

function anAtlas(options: { fault?: Error; lists?: Lists; projects?: ListedProject[] | null } = {}) {
  const { fault = null, lists = {}, projects = null } = options;
  const jobs = createFakeSource([aJob(), aJob(['finished'], { id: jobId(2) })]);
  jobs.fault = fault;
  const places: string[] = [];
  const source: JobSource = {
    ...jobs,
    listInstances: async ({ kind, groupId }) => {
      places.push(`${groupId} ${kind}`);
      const names = lists[kind];
      if (names === null || names === undefined) throw new SourceError('auth', 'may not list');
      return names.map((name) => ({ name, instanceName: name, tags: {} }));
    },
    listProjects: async () => {
      if (projects === null) throw new SourceError('auth', 'may not list');
      return projects;
    },
  };
  return { source, places, jobs };
}

async function diagnose(source: JobSource, ...watches: Watch[]) {
  const signal = new AbortController().signal;
  return await diagnoseWatches(watches, new Map([['atlas', source]]), { signal, now: T0 });
}

/** `connection ok, credential failed, …`, shortened to what is not skipped. */
async function way(source: JobSource, watch = aWatch()) {
  const [found] = await diagnose(source, watch);
  return found?.steps.filter(({ outcome }) => outcome !== 'skipped').map((s) => `${s.step} ${s.outcome}`);
}

async function faultOf(source: JobSource, watch = aWatch()) {
  const [found] = await diagnose(source, watch);
  return found ? failedStep(found) : null;
}

/** What the source makes of such an answer, with a message and a hint that are easy to recognise. */
const answered = (reason: SourceReason, status: number, atlasCode?: string, hint?: string) => {
  const { subject, suggestedKind } = classified(status, atlasCode);
  const options: SourceErrorOptions = { subject, suggestedKind, status, atlasCode, hint };
  return new SourceError(reason, `GET /jobs: ${status} ${atlasCode ?? ''}`, options);
};

/** The codes of the token endpoint are in lower case. */
function classified(status: number, code: string | undefined): SourceError {
  const who = { request: 'GET /jobs', credentials: [], now: 0 };
  if (code !== undefined && /^[a-z_]+$/.test(code)) {
    const text = JSON.stringify({ error: code });
    return tokenError({ status, headers: new Headers(), text }, who);
  }
  const body = code === undefined ? undefined : { errorCode: code };
  const login = {
    role: 'Project Owner',
    credential: 'API key',
    sentCredentials: true,
    stale: false,
  } as const;
  return atlasError({ status, headers: new Headers(), body }, { ...who, ...login });
}

const notFound = (atlasCode: string) => answered('not_found', 404, atlasCode, 'Check instanceName.');

const project = (groupId: string, name: string): ListedProject => ({ groupId, name, tags: {} });

describe('the way to the jobs of a watch', () => {
  it('is walked to its end where all is well', async () => {
    const { source } = anAtlas();
    const [found] = await diagnose(source, aWatch());
    expect(found).toEqual({
      watch: 'orders',
      connection: 'atlas',
      kind: 'serverless',
      ok: true,
      asks: { [GROUP_ID]: 1 },
      refills: {},
      feeds: [],
      actors: [],
      steps: [
        { step: 'connection', outcome: 'ok', detail: null, warning: null },
        { step: 'credential', outcome: 'ok', detail: null, warning: null },
        { step: 'accessList', outcome: 'ok', detail: null, warning: null },
        { step: 'project', outcome: 'ok', detail: GROUP_ID, warning: null },
        { step: 'instance', outcome: 'ok', detail: 'orders', warning: null },
        { step: 'job', outcome: 'ok', detail: '2 on the first page', warning: null },
      ],
    });
  });

  it.each<[step: string, error: SourceError]>([
    ['connection', new SourceError('unavailable', 'no answer from atlas (ECONNREFUSED)')],
    ['connection', new SourceError('timeout', 'no complete answer from atlas within 10000 ms')],
    ['connection', new SourceError('bad_request', 'the request could not be made')],
    ['connection', answered('unavailable', 503, 'SERVICE_UNAVAILABLE')],
    ['connection', answered('bad_response', 404)],
    ['connection', answered('refused', 407)],
    ['connection', answered('refused', 403)],
    ['credential', answered('auth', 401, 'UNEXPECTED_ERROR')],
    ['credential', answered('auth', 401)],
    ['credential', answered('auth', 401, 'invalid_client')],
    ['credential', answered('refused', 403, 'access_denied')],
    ['credential', answered('rate_limited', 429, 'too_many_requests')],
    ['credential', answered('bad_request', 400, 'unsupported_grant_type')],
    ['accessList', answered('refused', 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST')],
    ['accessList', answered('refused', 403, 'ORG_REQUIRES_WHITELIST')],
    ['project', answered('auth', 401, 'NOT_IN_GROUP')],
    ['project', answered('auth', 401, 'USER_UNAUTHORIZED')],
    ['project', answered('refused', 402, 'ACCOUNT_SUSPENDED')],
    ['project', answered('rate_limited', 429, 'RATE_LIMITED')],
    ['project', notFound('GROUP_NOT_FOUND')],
    ['project', notFound('NOT_ATLAS_GROUP')],
    ['instance', notFound('SERVERLESS_INSTANCE_NOT_FOUND')],
    ['instance', notFound('RESOURCE_NOT_FOUND')],
    ['instance', answered('refused', 403, 'FEATURE_UNSUPPORTED')],
    ['job', notFound('RESTORE_JOB_NOT_FOUND_IN_GROUP')],
  ])('ends at the %s, all before it being sound, on: %s', async (step, error) => {
    const steps = ['connection', 'credential', 'accessList', 'project', 'instance', 'job'];
    const before = steps.slice(0, steps.indexOf(step)).map((name) => `${name} ok`);
    expect(await way(anAtlas({ fault: error }).source)).toEqual([...before, `${step} failed`]);
  });

  it.each([
    answered('bad_request', 406, 'INVALID_VERSION_DATE'),
    answered('bad_request', 400, 'VALIDATION_ERROR'),
    answered('gone', 410, 'VERSION_GONE'),
  ])('says nothing of the project where Atlas may not have looked at it: %s', async (error) => {
    const { source } = anAtlas({ fault: error });
    expect(await way(source)).toEqual(['connection ok', 'credential ok', 'accessList ok', 'instance failed']);
  });

  it('carries what Atlas says, for people and for machines', async () => {
    const { source } = anAtlas({ fault: answered('refused', 402, 'ACCOUNT_SUSPENDED', 'Pay the invoice.') });
    expect(await faultOf(source)).toEqual({
      step: 'project',
      outcome: 'failed',
      reason: 'refused',
      status: 402,
      atlasCode: 'ACCOUNT_SUSPENDED',
      message: 'GET /jobs: 402 ACCOUNT_SUSPENDED',
      hint: 'Pay the invoice.',
      suggestion: null,
    });
  });

  it('ends with a word and no stack on a fault of the program itself', async () => {
    const { source } = anAtlas({ fault: new TypeError('x is not a function') });
    const fault = await faultOf(source);
    expect(fault).toMatchObject({ reason: 'internal', message: 'x is not a function' });
    expect(JSON.stringify(fault)).not.toContain(' at ');
  });

  it('is left at once when the signal aborts', async () => {
    const { source } = anAtlas({ fault: new Error('stopping') });
    const signal = AbortSignal.abort(new Error('stopping'));
    await expect(
      diagnoseWatches([aWatch()], new Map([['atlas', source]]), { signal, now: T0 }),
    ).rejects.toThrow('stopping');
  });
});

describe('jobs', () => {
  it('are listed no further than the first page', async () => {
    const { source, jobs } = anAtlas();
    jobs.pageSize = 1;
    jobs.failAfterPages = 1;
    jobs.fault = null;
    const [found] = await diagnose(source, aWatch());
    expect(found?.steps.at(-1)).toMatchObject({ outcome: 'ok', detail: '1 on the first page' });
  });

  it('of which some cannot be understood are a warning', async () => {
    const { source, jobs } = anAtlas();
    jobs.extra = [{ kind: 'unreadable', jobId: null, problem: 'failed is a number' }];
    const [found] = await diagnose(source, aWatch());
    expect(found).toMatchObject({ ok: true });
    expect(found?.steps.at(-1)).toMatchObject({ warning: expect.stringContaining('failed is a number') });
  });

  it('that are named are asked for, each of them', async () => {
    const { source, jobs } = anAtlas();
    const watch = aWatch({ restoreJobIds: [jobId(1), jobId(2)] });
    const [found] = await diagnose(source, watch);
    expect(found?.steps.at(-1)).toMatchObject({ outcome: 'ok', detail: '2 of 2 found' });
    expect(jobs.asked).toEqual([jobId(1), jobId(2)]);
    expect(jobs.listings).toBe(0);
  });

  it('that are named and not there are a fault that names them', async () => {
    const watch = aWatch({ restoreJobIds: [jobId(1), jobId(8), jobId(9)] });
    const fault = await faultOf(anAtlas().source, watch);
    expect(fault).toMatchObject({
      step: 'job',
      reason: 'not_found',
      hint: expect.stringContaining('instance'),
    });
    expect(fault?.message).toContain(jobId(8));
    expect(fault?.message).toContain(jobId(9));
    expect(fault?.message).not.toContain(jobId(1));
  });

  it('that are named and cannot be understood are a fault', async () => {
    const source: JobSource = {
      ...anAtlas().source,
      readJob: async (_target, id) => ({ kind: 'unreadable', jobId: id, problem: 'failed is a number' }),
    };
    const fault = await faultOf(source, aWatch({ restoreJobIds: [jobId(1)] }));
    expect(fault).toMatchObject({ step: 'job', message: expect.stringContaining('failed is a number') });
  });
});

describe('a name that is not found', () => {
  const fault = notFound('SERVERLESS_INSTANCE_NOT_FOUND');

  it.each<[JobKind, Lists, JobKind]>([
    ['serverless', { flex: ['orders'], cluster: ['other'] }, 'flex'],
    ['serverless', { flex: null, cluster: ['orders'] }, 'cluster'],
    ['flex', { flex: [], cluster: ['orders'] }, 'cluster'],
    ['cluster', { flex: ['orders'], cluster: [] }, 'flex'],
    ['collection', { flex: ['orders'], cluster: [] }, 'flex'],
  ])('as %s is looked for under the other kinds', async (kind, lists, expected) => {
    const found = await faultOf(anAtlas({ fault, lists }).source, aWatch({ kind }));
    expect(found?.suggestion).toEqual({ kind: expected });
    expect(found?.hint).toContain(`use the kind ${expected}`);
  });

  it.each<[string, Lists, object]>([
    ['a slip of the finger', { serverless: ['ordres'] }, { instanceName: 'ordres' }],
    [
      'the beginning of another',
      { cluster: ['orders-prod', 'users'] },
      { instanceName: 'orders-prod', kind: 'cluster' },
    ],
  ])('is compared with those that are there: %s', async (_what, lists, suggestion) => {
    const found = await faultOf(anAtlas({ fault, lists }).source);
    expect(found?.suggestion).toEqual(suggestion);
    expect(found?.hint).toMatch(/^Check instanceName\. Did you mean/);
  });

  it('of a collection restore is compared with the dedicated clusters, its own list', async () => {
    const lists = { cluster: ['orders', 'orderz'] };
    const found = await faultOf(
      anAtlas({ fault: notFound('CLUSTER_NOT_FOUND'), lists }).source,
      aWatch({ kind: 'collection', instanceName: 'orderx' }),
    );
    expect(found?.suggestion).toEqual({ instanceName: 'orders' });
  });

  it('is answered with the id where Ops Manager asks for the id of a cluster, and the name was written', async () => {
    const { source, places } = anAtlas({ fault: notFound('CLUSTER_NOT_FOUND'), lists: { legacy: [] } });
    const managed: JobSource = {
      ...source,
      listInstances: async (place, options) => {
        await source.listInstances(place, options);
        return [{ name: 'orders', instanceName: '5f0e1d2c3b4a596877665500', tags: {} }];
      },
    };
    const found = await faultOf(managed, aWatch({ kind: 'legacy', apiVersion: 'public' }));
    expect(found?.suggestion).toEqual({ instanceName: '5f0e1d2c3b4a596877665500' });
    expect(found?.hint).toContain('by the id');
    expect(places).toEqual([`${GROUP_ID} legacy`]);
  });

  it('is told beside those that are there when none is close', async () => {
    const lists = { flex: ['users'], cluster: ['billing'] };
    const found = await faultOf(anAtlas({ fault, lists }).source);
    expect(found?.hint).toContain('The project has "users (flex)", "billing (cluster)".');
    expect(found?.suggestion).toBeNull();
  });

  it('leads to the end of serverless where Atlas lists nothing at all', async () => {
    const found = await faultOf(anAtlas({ fault, lists: { serverless: [], flex: [], cluster: [] } }).source);
    expect(found?.hint).toContain('Atlas ended serverless in January 2026');
  });

  it('is left as it is where the credential may not list', async () => {
    const found = await faultOf(anAtlas({ fault }).source);
    expect(found).toMatchObject({ hint: 'Check instanceName.', suggestion: null });
  });

  it('costs one listing of each kind, however many watches miss theirs', async () => {
    const { source, places } = anAtlas({ fault, lists: { flex: [], cluster: [], serverless: [] } });
    await diagnose(source, ...['a', 'b', 'c'].map((name) => aWatch({ name })));
    expect(places.toSorted()).toEqual([`${GROUP_ID} cluster`, `${GROUP_ID} flex`, `${GROUP_ID} serverless`]);
  });
});

describe('a wrong kind', () => {
  it.each<[written: JobKind, code: string, kind: JobKind]>([
    ['cluster', 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API', 'flex'],
    ['collection', 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API', 'flex'],
    ['flex', 'CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API', 'cluster'],
    ['serverless', 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API', 'cluster'],
    ['cluster', 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API', 'serverless'],
  ])('%s is known by %s', async (written, code, kind) => {
    const { source } = anAtlas({ fault: answered('wrong_kind', 400, code, 'Wrong.') });
    const found = await faultOf(source, aWatch({ kind: written }));
    expect(found).toMatchObject({ step: 'instance', suggestion: { kind } });
    expect(found?.hint).toContain(`use the kind ${kind}`);
  });

  it('legacy is known by what Atlas says of a cluster with cloud backups', async () => {
    const fault = answered('bad_request', 400, 'INCORRECT_BACKUP_API_ENDPOINT', 'Another kind.');
    const found = await faultOf(anAtlas({ fault }).source, aWatch({ kind: 'legacy' }));
    expect(found?.suggestion).toEqual({ kind: 'cluster' });
    expect(await faultOf(anAtlas({ fault }).source, aWatch({ kind: 'cluster' }))).toMatchObject({
      hint: 'Another kind.',
      suggestion: null,
    });
  });

  it('is known better by the lists, where they may be read', async () => {
    const fault = answered('wrong_kind', 400, 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API');
    const found = await faultOf(anAtlas({ fault, lists: { flex: ['orders'] } }).source);
    expect(found?.suggestion).toEqual({ kind: 'flex' });
  });

  it('is looked for when Atlas has ended the API of the kind', async () => {
    const fault = answered('gone', 410, 'VERSION_GONE', 'Ended.');
    const found = await faultOf(anAtlas({ fault, lists: { flex: ['orders'] } }).source);
    expect(found?.suggestion).toEqual({ kind: 'flex' });
  });

  it('keeps the hint that there is, when nothing more can be found out', async () => {
    const fault = answered('wrong_kind', 400, 'CANNOT_USE_SOMETHING_IN_ANOTHER_API', 'Change the kind.');
    expect(await faultOf(anAtlas({ fault }).source)).toMatchObject({
      hint: 'Change the kind.',
      suggestion: null,
    });
  });
});

describe('a project that is not found', () => {
  const fault = notFound('GROUP_NOT_FOUND');
  const slip = GROUP_ID.replace('64b0', '64b1');

  it('is compared with those that the credential sees', async () => {
    const found = await faultOf(anAtlas({ fault, projects: [project(slip, 'payments')] }).source);
    expect(found?.suggestion).toEqual({ groupId: slip });
    expect(found?.hint).toContain(`Did you mean ${slip} (payments)?`);
  });

  it('is told beside them when none is close', async () => {
    const projects = [project('111111111111111111111111', 'payments')];
    const found = await faultOf(anAtlas({ fault: answered('auth', 401, 'NOT_IN_GROUP'), projects }).source);
    expect(found?.hint).toContain('payments: 111111111111111111111111');
  });

  it('is no wonder where the credential sees none', async () => {
    const found = await faultOf(anAtlas({ fault, projects: [] }).source);
    expect(found?.hint).toContain('sees no project at all');
  });

  it('keeps its hint when the credential sees that very project', async () => {
    const found = await faultOf(anAtlas({ fault, projects: [project(GROUP_ID, 'payments')] }).source);
    expect(found).toMatchObject({ hint: 'Check instanceName.', suggestion: null });
  });
});

describe('a watch with *', () => {
  const projects = Array.from({ length: 7 }, (_, n) => project(String(n).repeat(24), `p${n}`));

  it('looks into a few of the projects and instances that it stands for', async () => {
    const { source, places, jobs } = anAtlas({ projects, lists: { flex: ['a', 'b'] } });
    const watch = aWatch({ kind: 'flex', groupId: '*', instanceName: '*' });
    const [found] = await diagnose(source, watch);
    expect(Object.values(found?.asks ?? {})).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(found?.steps.slice(3)).toEqual([
      { step: 'project', outcome: 'ok', detail: '7 projects', warning: null },
      { step: 'instance', outcome: 'ok', detail: '14 instances, 3 of them looked into', warning: null },
      { step: 'job', outcome: 'ok', detail: '6 on the first page', warning: null },
    ]);
    expect(places).toHaveLength(7);
    expect(jobs.listings).toBe(3);
  });

  it('is a fault when the credential sees no project', async () => {
    const watch = aWatch({ groupId: '*', instanceName: '*' });
    expect(await faultOf(anAtlas({ projects: [] }).source, watch)).toMatchObject({ step: 'project' });
  });

  it.each<[JobKind, string]>([
    ['serverless', 'ended serverless in January 2026'],
    ['flex', 'of the kind flex'],
  ])('of the kind %s that stands for nothing is a warning', async (kind, words) => {
    const { source } = anAtlas({ lists: { [kind]: [] } });
    const [found] = await diagnose(source, aWatch({ kind, instanceName: '*' }));
    expect(found?.ok).toBe(true);
    expect(found?.steps[4]).toMatchObject({ outcome: 'ok', warning: expect.stringContaining(words) });
  });

  it('counts for nothing what cannot be listed, and says so', async () => {
    const { source } = anAtlas({ projects, lists: { flex: ['orders'] } });
    const { listInstances } = source;
    source.listInstances = async (place, options) => {
      if (place.groupId.startsWith('6'))
        throw new SourceError('auth', 'no role there', { subject: 'project' });
      return listInstances(place, options);
    };
    const [found] = await diagnose(source, aWatch({ kind: 'flex', groupId: '*', instanceName: '*' }));
    expect(Object.values(found?.asks ?? {})).toEqual([1, 1, 1, 1, 1, 1]);
    expect(found?.steps[4]).toMatchObject({
      warning: `the instances of project ${'6'.repeat(24)} (no role there) cannot be listed: what is followed there is not counted`,
    });
    const [named] = await diagnose(source, aWatch({ kind: 'flex', groupId: '*', instanceName: 'other' }));
    expect(named?.ok).toBe(false);
    expect(JSON.stringify(named?.steps)).toContain('no role there');
  });

  it('for every project finds the one that has the instance, and a name that is close where none has', async () => {
    const { source } = anAtlas({ projects, lists: { flex: ['orders'] } });
    const named = (instanceName: string) => aWatch({ kind: 'flex', groupId: '*', instanceName });
    const [found] = await diagnose(source, named('orders'));
    expect(found?.steps[4]).toMatchObject({ detail: '7 instances, 3 of them looked into' });
    expect(await faultOf(source, named('ordres'))).toMatchObject({
      step: 'instance',
      suggestion: { instanceName: 'orders' },
    });
  });

  it('does not blame a named job that may be on an instance which was not looked into', async () => {
    const { source } = anAtlas({ lists: { flex: ['a'] } });
    const watch = aWatch({ kind: 'flex', instanceName: '*', restoreJobIds: [jobId(1), jobId(9)] });
    const [found] = await diagnose(source, watch);
    expect(found?.ok).toBe(true);
    expect(found?.steps[5]).toMatchObject({ detail: '1 of 2 found', warning: expect.any(String) });
  });

  it('tells what a listing that is refused needs', async () => {
    const fault = await faultOf(anAtlas({ lists: { flex: null } }).source, aWatch({ instanceName: '*' }));
    expect(fault).toMatchObject({ reason: 'auth', message: 'may not list' });
  });
});

describe('several watches', () => {
  it('are told in the order of the configuration, each with its own fault', async () => {
    const well = anAtlas().source;
    const ill = anAtlas({ fault: new SourceError('unavailable', 'no answer') }).source;
    const watches = [
      aWatch({ name: 'a', connection: 'ill' }),
      aWatch({ name: 'b', connection: 'well' }),
      aWatch({ name: 'c', connection: 'ill' }),
    ];
    const sources = new Map([
      ['well', well],
      ['ill', ill],
    ]);
    const found = await diagnoseWatches(watches, sources, {
      signal: new AbortController().signal,
      now: T0,
    });
    expect(found.map(({ watch, ok }) => `${watch} ${ok}`)).toEqual(['a false', 'b true', 'c false']);
  });

  it.each<[string, SourceError, asked: number]>([
    ['a wrong key', answered('auth', 401), 1],
    ['the access list', answered('refused', 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST'), 1],
    ['a dead network', new SourceError('unavailable', 'no answer'), 1],
    ['an error of the server, which may be one of that path', answered('unavailable', 500), 3],
    ['a missing role', answered('auth', 401, 'USER_UNAUTHORIZED'), 3],
  ])('share a fault of their connection and ask no more: %s', async (_what, fault, asked) => {
    const { source, jobs } = anAtlas({ fault });
    const found = await diagnose(source, ...['a', 'b', 'c'].map((name) => aWatch({ name })));
    expect(found.map(({ watch, ok }) => `${watch} ${ok}`)).toEqual(['a false', 'b false', 'c false']);
    expect(jobs.listings).toBe(asked);
  });

  it('log in once: nobody asks before the first has its answer', async () => {
    const { source } = anAtlas();
    const order: string[] = [];
    const watched: JobSource = {
      ...source,
      listJobs: async function* (target, options) {
        order.push(`> ${target.watch}`);
        yield* source.listJobs(target, options);
      },
      readJob: async () => {
        order.push('read');
        return { kind: 'job', job: aJob() };
      },
    };
    await diagnose(watched, aWatch({ name: 'a', restoreJobIds: ['x'] }), aWatch({ name: 'b' }));
    expect(order).toEqual(['read', '> b']);
  });
});
