import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SourceError, SourceReason } from '../../../src/errors.ts';
import {
  atlasError,
  type FailureContext,
  isJobNotFound,
  retryAfterMs,
} from '../../../src/source/reply/atlas-errors.ts';

interface Case {
  name: string;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

const fixture = new URL('../../fixtures/atlas-examples/errors.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };
const NOW = Date.parse('2026-11-23T10:00:00Z');

const context: FailureContext = {
  request: 'GET /jobs',
  role: 'Project Owner',
  credential: 'API key',
  credentials: ['ABCDEFGH', 'f00dfeed-0000-4000-8000-000000000001'],
  sentCredentials: true,
  stale: false,
  now: NOW,
};

function errorOf(failed: Partial<Case>, over: Partial<FailureContext> = {}): SourceError {
  const { status = 400, headers = {}, body = {} } = failed;
  const reply = { status, headers: new Headers(headers), body: typeof body === 'string' ? undefined : body };
  return atlasError(reply, { ...context, ...over });
}

const EXPECTED: Record<string, [reason: SourceReason, retryable: boolean, hint: RegExp]> = {
  'digest-challenge': ['auth', false, /public and the private key/],
  'digest-stale': ['auth', false, /public and the private key/],
  'bad-api-key': ['auth', false, /public and the private key/],
  'no-role': ['auth', false, /role Project Owner/],
  'key-not-in-project': ['auth', false, /groupId.*Project Owner/],
  'project-refused': ['auth', false, /role Project Owner/],
  unpaid: ['refused', false, /unpaid/],
  'ip-not-on-access-list': ['refused', false, /203\.0\.113\.7.*access list of this API key/],
  'org-requires-access-list': ['refused', false, /demands an API access list/],
  'group-not-found': ['not_found', false, /groupId/],
  'invalid-group-id': ['not_found', false, /groupId/],
  'invalid-job-id': ['not_found', false, /Job ids/],
  'invalid-path-parameter': ['bad_request', false, /restoreJobIds/],
  'cluster-not-found': ['not_found', false, /instanceName/],
  'serverless-instance-not-found': ['not_found', false, /instanceName.*flex/],
  'restore-job-not-found': ['not_found', false, /Job ids/],
  'flex-restore-not-found': ['not_found', false, /Job ids/],
  'not-an-atlas-project': ['not_found', false, /Cloud Manager/],
  'dedicated-name-in-flex-api': ['wrong_kind', false, /kind cluster/],
  'flex-name-in-cluster-api': ['wrong_kind', false, /kind flex/],
  'serverless-name-in-cluster-api': ['wrong_kind', false, /kind serverless/],
  'cluster-name-in-serverless-api': ['wrong_kind', false, /kind cluster/],
  'wrong-backup-api': ['bad_request', false, /another kind/],
  'missing-version': ['bad_request', false, /version/],
  sunset: ['gone', false, /no longer offers/],
  'rate-limited-token-bucket': ['rate_limited', true, /requestsPerMinute/],
  'rate-limited-legacy': ['rate_limited', true, /requestsPerMinute/],
  'server-error': ['unavailable', true, /at the moment/],
  unavailable: ['unavailable', true, /at the moment/],
  'proxy-html': ['unavailable', true, /at the moment/],
};

describe('the error table', () => {
  it.each(cases)('$name', (failed) => {
    const error = errorOf(failed);
    const [reason, retryable, hint] = EXPECTED[failed.name]!;
    expect(error).toMatchObject({ reason, retryable, status: failed.status });
    expect(error.atlasCode).toBe((failed.body as { errorCode?: string }).errorCode);
    expect(error.hint).toMatch(hint);
  });

  it('is complete', () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each<[number, string | null, SourceReason, boolean]>([
    [400, 'CANNOT_USE_SOMETHING_NEW_IN_ANOTHER_API', 'wrong_kind', false],
    [400, 'NEVER_HEARD_OF', 'bad_request', false],
    [401, 'NEVER_HEARD_OF', 'auth', false],
    [403, 'USER_UNAUTHORIZED', 'auth', false],
    [403, 'IP_ADDRESS_NOT_ON_WHITELIST', 'refused', false],
    [403, 'RESOURCE_REQUIRES_WHITELIST', 'refused', false],
    [403, null, 'refused', false],
    [404, 'NEVER_HEARD_OF', 'not_found', false],
    [406, 'INVALID_VERSION_DATE', 'bad_request', false],
    [407, null, 'refused', false],
    [408, null, 'timeout', true],
    [409, null, 'bad_request', false],
    [304, null, 'bad_response', false],
    [504, 'NEVER_HEARD_OF', 'unavailable', true],
  ])('%i %s is %s', (status, errorCode, reason, retryable) => {
    expect(errorOf({ status, body: { errorCode } })).toMatchObject({ reason, retryable });
  });
});

describe('the subject of an error', () => {
  const SUBJECTS: Record<string, string | null> = {
    'bad-api-key': 'credential',
    'digest-challenge': 'credential',
    'digest-stale': 'credential',
    'no-role': 'project',
    'key-not-in-project': 'project',
    'project-refused': 'project',
    unpaid: 'project',
    'ip-not-on-access-list': 'access_list',
    'org-requires-access-list': 'access_list',
    'group-not-found': 'project',
    'invalid-group-id': 'project',
    'not-an-atlas-project': 'project',
    'cluster-not-found': 'instance',
    'serverless-instance-not-found': 'instance',
    'restore-job-not-found': 'job',
    'flex-restore-not-found': 'job',
    'invalid-job-id': 'job',
    'invalid-path-parameter': 'request',
    'missing-version': 'request',
    'dedicated-name-in-flex-api': 'kind',
    'flex-name-in-cluster-api': 'kind',
    'serverless-name-in-cluster-api': 'kind',
    'cluster-name-in-serverless-api': 'kind',
    'wrong-backup-api': 'kind',
    sunset: 'kind',
    'rate-limited-token-bucket': 'project',
    'rate-limited-legacy': 'project',
    'server-error': null,
    unavailable: null,
    'proxy-html': null,
  };

  it.each(cases)('$name', (failed) => {
    expect(errorOf(failed).subject).toBe(SUBJECTS[failed.name]);
  });

  it.each<[number, string | null, string | null]>([
    [400, 'BACKUP_JOB_NOT_FOUND', 'instance'],
    [404, 'BACKUP_JOB_NOT_FOUND', 'instance'],
    [400, 'NEVER_HEARD_OF', 'request'],
    [403, 'FEATURE_UNSUPPORTED', 'instance'],
    [403, 'USER_UNAUTHORIZED', 'project'],
    [404, 'CLUSTER_NOT_IN_GROUP', 'instance'],
    [404, 'NEVER_HEARD_OF', 'request'],
    [407, null, null],
    [408, null, null],
  ])('of %i %s is %s', (status, errorCode, subject) => {
    expect(errorOf({ status, body: { errorCode } }).subject).toBe(subject);
  });

  it('is nobody’s where a proxy answers in HTML', () => {
    for (const status of [403, 404]) expect(errorOf({ status, body: '<html>' }).subject).toBeNull();
  });
});

describe('a 401', () => {
  const challenge = cases.find(({ name }) => name === 'digest-challenge')!;

  it('does not blame the key when no credentials were sent', () => {
    const error = errorOf(challenge, { sentCredentials: false });
    expect(error.reason).toBe('auth');
    expect(error.hint).toMatch(/baseUrl/);
  });

  it('does not blame the key when only the nonce was out of date, and may be tried again', () => {
    expect(errorOf(challenge, { stale: true })).toMatchObject({ reason: 'unavailable', retryable: true });
  });
});

describe('a 404 when one job was asked for', () => {
  it.each(['restore-job-not-found', 'flex-restore-not-found', 'invalid-job-id'])(
    '%s means that there is no such job',
    (name) => {
      expect(isJobNotFound(errorOf(cases.find((candidate) => candidate.name === name)!))).toBe(true);
    },
  );

  it.each([
    'RESTORE_JOB_NOT_FOUND_IN_GROUP',
    'CONFIG_RESTORE_JOB_NOT_FOUND',
    'COLLECTION_RESTORE_JOB_NOT_FOUND',
    'FLEX_RESTORE_NOT_FOUND',
    'SERVERLESS_RESTORE_JOB_NOT_FOUND',
    'INVALID_RESTORE_JOB_ID',
  ])('with the code %s means so too', (errorCode) => {
    expect(isJobNotFound(errorOf({ status: 404, body: { errorCode } }))).toBe(true);
    expect(isJobNotFound(errorOf({ status: 404, headers: { 'X-Error-Code': errorCode } }))).toBe(true);
    expect(isJobNotFound(errorOf({ status: 400, body: { errorCode } }))).toBe(false);
  });

  it.each<[string, SourceReason, unknown]>([
    ['RESOURCE_NOT_FOUND', 'not_found', 'request'],
    ['NEVER_HEARD_OF', 'not_found', 'request'],
    ['LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP', 'not_found', 'request'],
    ['PROVISION_MACHINE_JOB_NOT_FOUND', 'not_found', 'request'],
    ['INVALID_LOG_COLLECTION_JOB_ID', 'not_found', 'request'],
    ['RESOURCE_NOT_FOUND_FOR_JOB', 'not_found', 'request'],
    ['SNAPSHOT_NOT_FOUND', 'not_found', 'request'],
    ['TENANT_SNAPSHOT_NOT_FOUND', 'not_found', 'request'],
    ['USER_NOT_IN_GROUP', 'not_found', 'request'],
    ['INVALID_CLUSTER_ID', 'not_found', 'instance'],
    ['BACKUP_JOB_NOT_FOUND', 'bad_request', 'instance'],
    ['BACKUP_CONFIG_NOT_FOUND', 'bad_request', 'instance'],
    ['INVALID_ATLAS_GROUP', 'not_found', 'project'],
  ])(
    'with the code %s, which is about something else, is a failure of the watch',
    (errorCode, reason, subject) => {
      const error = errorOf({ status: 404, body: { errorCode } });
      expect(isJobNotFound(error)).toBe(false);
      expect(error).toMatchObject({ reason, subject });
    },
  );

  it.each([
    { message: 'no route' },
    { message: 'no Route matched with those values' },
    {
      timestamp: '2026-11-23T10:00:00Z',
      status: 404,
      error: 'Not Found',
      path: '/restoreJobs/RESTORE_JOB_NOT_FOUND',
    },
    { code: 'RESTORE_JOB_NOT_FOUND' },
    { errorCode: '' },
    { errorCode: 404 },
    {},
    [],
    '<html>RESTORE_JOB_NOT_FOUND',
  ])('is a failure of the watch when a gateway says so, with a hint about the address: %j', (body) => {
    const error = errorOf({ status: 404, body });
    expect(isJobNotFound(error)).toBe(false);
    expect(error).toMatchObject({
      reason: 'bad_response',
      subject: null,
      hint: expect.stringContaining('baseUrl'),
    });
  });

  it('has a hint about the address when the code names nothing', () => {
    const { hint } = errorOf({ status: 404, body: { errorCode: 'RESOURCE_NOT_FOUND' } });
    expect(hint).toMatch(/baseUrl/);
  });

  it.each([
    'group-not-found',
    'invalid-group-id',
    'cluster-not-found',
    'serverless-instance-not-found',
    'not-an-atlas-project',
    'sunset',
    'bad-api-key',
  ])('%s is a failure of the watch', (name) => {
    expect(isJobNotFound(errorOf(cases.find((candidate) => candidate.name === name)!))).toBe(false);
  });

  it.each(['CLUSTER_NAME_NOT_FOUND', 'ATLAS_GROUP', 'FLEX_CLUSTER_NOT_FOUND'])(
    'with the code %s is one too',
    (errorCode) => {
      expect(isJobNotFound(errorOf({ status: 404, body: { errorCode } }))).toBe(false);
    },
  );

  it('is a failure of the watch when a proxy says so in HTML', () => {
    const error = errorOf({ status: 404, body: '<html>' });
    expect(error.reason).toBe('bad_response');
    expect(isJobNotFound(error)).toBe(false);
  });
});

describe('the text of an error', () => {
  it('says what was asked, and what Atlas answered', () => {
    const error = errorOf(cases.find(({ name }) => name === 'group-not-found')!);
    expect(error.message).toBe(
      'GET /jobs: 404 GROUP_NOT_FOUND (No group with ID 111111111111111111111111 exists)',
    );
  });

  it('does not repeat the key that Atlas may name', () => {
    const [publicKey, privateKey] = context.credentials;
    const detail = `API key ${publicKey} (${privateKey}) may not read this.`;
    const error = errorOf({ status: 403, body: { detail, errorCode: 'ACCESS_FORBIDDEN' } });
    expect(error.message).toBe(
      'GET /jobs: 403 ACCESS_FORBIDDEN (API key [redacted] ([redacted]) may not read this)',
    );
  });

  it('holds no link, no secret, and not the page of a proxy', () => {
    const detail = `See https://restore-1.abc.mongodb.net:27017/SECRET/a.tar.gz or restore-1.abc.mongodb-dev.net:27017/SECRET or mdb_sa_sk_SECRET`;
    const { message } = errorOf({ status: 400, body: { detail, errorCode: 'X https://SECRET' } });
    expect(message).not.toContain('SECRET');
    expect(errorOf({ status: 502, body: '<html>SECRET</html>' }).message).not.toContain('SECRET');
  });

  it('is short, however long the detail', () => {
    expect(errorOf({ body: { detail: 'x'.repeat(10_000) } }).message.length).toBeLessThan(400);
  });

  it('names an IPv6 address, or this machine where Atlas names none', () => {
    const body = (detail: string) => ({ errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST', detail });
    const hintFor = (detail: string) => errorOf({ status: 403, body: body(detail) }).hint;
    expect(hintFor('IP address 2001:db8::7 is not allowed.')).toContain('2001:db8::7');
    expect(hintFor('Not allowed.')).toContain('the address of this machine');
  });

  it('tells when an API ended', () => {
    const headers = { Sunset: 'Thu, 22 Jan 2026 00:00:00 GMT' };
    expect(errorOf({ status: 410, headers }).hint).toContain('2026-01-22');
  });
});

describe('Retry-After', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'Retry-After': '55' }, 55_000],
    ['a date', { 'Retry-After': 'Mon, 23 Nov 2026 10:00:07 GMT' }, 7_000],
    [
      'a date, by the clock of the server',
      { 'Retry-After': 'Mon, 23 Nov 2026 12:00:07 GMT', Date: 'Mon, 23 Nov 2026 12:00:00 GMT' },
      7_000,
    ],
    ['a date in the past', { 'Retry-After': 'Mon, 23 Nov 2026 09:00:00 GMT' }, 0],
    ['an hour at most', { 'Retry-After': '99999999' }, 3_600_000],
    ['nothing as none', {}, undefined],
    ['nonsense as none', { 'Retry-After': 'soon' }, undefined],
    ['a negative number as none', { 'Retry-After': '-5' }, undefined],
  ])('is read from %s', (_name, headers, expected) => {
    expect(retryAfterMs({ status: 503, headers: new Headers(headers) }, NOW)).toBe(expected);
  });

  it('is made up for, where a 429 has none, by when its limits are full again', () => {
    const ask = (status: number, headers: Record<string, string>) =>
      retryAfterMs({ status, headers: new Headers(headers) }, NOW);
    const used = { 'RateLimit-Limit': '5', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '2' };
    expect(ask(429, used)).toBe(2_000);
    expect(ask(429, { ...used, 'Retry-After': '7' })).toBe(7_000);
    expect(ask(429, { RateLimit: 'limit=10, remaining=0, reset=1' })).toBe(1_000);
    expect(ask(429, { 'RateLimit-Reset': '3' })).toBe(3_000);
    expect(ask(429, { ...used, 'RateLimit-Remaining': '4' })).toBeUndefined();
    expect(ask(503, used)).toBeUndefined();
  });

  it('is on the error where trying again makes sense, and nowhere else', () => {
    const headers = { 'Retry-After': '55' };
    expect(errorOf({ status: 429, headers }).retryAfterMs).toBe(55_000);
    expect(errorOf({ status: 503, headers }).retryAfterMs).toBe(55_000);
    expect(errorOf({ status: 403, headers }).retryAfterMs).toBeUndefined();
  });
});

describe('what has a successor', () => {
  const gone = { status: 410, body: { errorCode: 'VERSION_GONE' }, headers: {} };

  it('is named with it, and with the day', () => {
    const headers = { Sunset: 'Thu, 22 Jan 2026 00:00:00 GMT' };
    const request = 'GET /api/atlas/v2/groups/64b0/serverless/orders/backup/restoreJobs';
    const { hint } = errorOf({ ...gone, headers }, { request });
    expect(hint).toMatch(/2026-01-22.*flex and cluster/);
  });

  it('is a newer version of this program where the kind has not ended', () => {
    const { hint } = errorOf(gone, { request: 'GET /api/atlas/v2/groups/64b0/clusters' });
    expect(hint).toMatch(/newer version/);
    expect(hint).not.toMatch(/flex/);
  });

  it('is the same for a version that Atlas does not know, whatever the status and even without a code', () => {
    for (const failed of [{ status: 400, body: { errorCode: 'INVALID_VERSION_DATE' } }, { status: 406 }]) {
      expect(errorOf(failed)).toMatchObject({
        reason: 'bad_request',
        hint: expect.stringMatching(/version of its API.*newer version/),
      });
    }
  });
});

describe('a service account', () => {
  it.each([
    [401, 'UNEXPECTED_ERROR', /service account still exist/],
    [401, 'USER_UNAUTHORIZED', /Give the service account the role Project Owner/],
    [401, 'NOT_IN_GROUP', /invite the service account/],
    [403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST', /access list of this service account/],
    [403, 'ORG_REQUIRES_ACCESS_LIST', /this service account has none/],
    [403, 'ACCESS_FORBIDDEN', /the service account has the role/],
  ])('is called by its name: %i %s', (status, errorCode, hint) => {
    const error = errorOf({ status, body: { errorCode } }, { credential: 'service account' });
    expect(error.hint).toMatch(hint);
    expect(error.hint).not.toMatch(/key/);
  });
});
