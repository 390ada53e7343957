import { JOB_HOME } from '../../domain/job/job-home.ts';
import type { JobKind } from '../../domain/job/restore-job.ts';
import { SERVERLESS_END } from '../../domain/job/serverless-end.ts';
import type { SourceReason, SourceSubject } from '../../errors.ts';
import { PROXY_ON_THE_WAY } from '../../net/proxy-fault.ts';
import type { Refusal } from './refusal.ts';

/** What people call the credential of a connection. */
export type Credential = 'API key' | 'service account';

/** What is known about a failed answer. */
export interface Failure {
  /** What was asked, for people. */
  request: string;
  status: number;
  /** Atlas's own code. Unlisted ones must be expected. */
  code: string | null;
  detail: string | null;
  isJson: boolean;
  /** What a 401 or 403 is about. */
  refusal: Refusal | null;
  sentCredentials: boolean;
  stale: boolean;
  /** What people call the credential that was used. */
  credential: Credential;
  role: string;
  /** The day the API ended, as its `Sunset` header says. */
  sunset: string | null;
}

/** Why a read failed, what the answer is about, and what the operator can do about it. */
export interface Advice {
  reason: SourceReason;
  /** `null`: the answer is not from Atlas itself, or says nothing but that it cannot be had now. */
  subject: SourceSubject | null;
  suggestedKind?: JobKind | undefined;
  hint?: string;
}

const UNWELL =
  'Atlas, or a gateway in front of it, cannot answer at the moment: there is nothing to do here but to try again. Status pages tell of outages.';

/**
 * The error table of the Atlas API: https://www.mongodb.com/docs/atlas/reference/api-errors/ (it lists neither the `_ACCESS_LIST`
 * names nor the serverless and flex codes; those are from clients that meet them). The status decides, the code refines.
 * The only place that reads Atlas's codes: everybody else goes by `reason`, `subject` and `suggestedKind`.
 */
export function adviceOn(failure: Failure): Advice {
  const { status, code } = failure;
  // Whatever the status: a watch that found the instance by itself is quiet about this, and about nothing else.
  if (NO_BACKUPS_CODES.has(code ?? '')) return NO_BACKUPS;
  if (status === 401) return onUnauthorized(failure);
  if (status === 403) return onForbidden(failure);
  if (status === 404) return onNotFound(failure);
  if (status === 402) {
    return {
      reason: 'refused',
      subject: failure.code === null ? null : 'project',
      hint: 'The organization has an unpaid invoice: see its billing page.',
    };
  }
  if (status === 407) return { reason: 'refused', subject: null, hint: PROXY_ON_THE_WAY };
  if (status === 408) return { reason: 'timeout', subject: null, hint: UNWELL };
  if (status === 410) return onGone(failure);
  if (status === 429) {
    return {
      reason: 'rate_limited',
      subject: 'project',
      hint: 'Poll less often or lower requestsPerMinute: the limit is shared by everybody who uses the project.',
    };
  }
  if (status >= 500) return { reason: 'unavailable', subject: null, hint: UNWELL };
  if (status >= 400) return onBadRequest(failure);
  return {
    reason: 'bad_response',
    subject: null,
    hint: 'Check baseUrl: this is not how the Atlas API answers.',
  };
}

function onUnauthorized(failure: Failure): Advice {
  const { refusal, sentCredentials, stale } = failure;
  if (stale)
    return {
      reason: 'unavailable',
      subject: null,
      hint: `Atlas kept saying that a login just made is out of date. ${SEVERAL_SERVERS}`,
    };
  if (refusal === 'role' || (refusal === 'either' && sentCredentials)) return onMissingRole(failure);
  const hint = sentCredentials
    ? onRefusedLogin(failure)
    : 'The server asks for a login, and not for an HTTP Digest one that this program can give. Check baseUrl; a proxy may have answered.';
  return { reason: 'auth', subject: 'credential', hint };
}

const SEVERAL_SERVERS =
  'If several servers answer behind a load balancer, it has to send a client to the same one each time, or they have to share their nonces.';

function onRefusedLogin({ credential }: Failure): string {
  return credential === 'service account'
    ? 'Atlas refuses an access token that it has just made: does the service account still exist, and is baseUrl that of its own environment (government, development)?'
    : `Check the public and the private key: was the key rotated or deleted, or is it of another environment (government, development)? ${SEVERAL_SERVERS}`;
}

function onMissingRole(failure: Failure): Advice {
  const { code, role, credential, refusal } = failure;
  const hint =
    code === 'NOT_IN_GROUP'
      ? `Compare groupId with the project id shown in Atlas. If it is right, invite the ${credential} to that project with the role ${role}.`
      : `Give the ${credential} the role ${role} in this project.`;
  const otherwise = refusal === 'either' ? ` If it has that role: ${onRefusedLogin(failure)}` : '';
  return { reason: 'auth', subject: 'project', hint: hint + otherwise };
}

function onForbidden(failure: Failure): Advice {
  const { code, detail, isJson, role, credential } = failure;
  if (!isJson)
    return {
      reason: 'refused',
      subject: null,
      hint: 'The answer is not from the Atlas API: a proxy or firewall refuses the request.',
    };
  if (code === null) return { reason: 'refused', subject: null };
  if (/^IP_ADDRESS_NOT_ON_/.test(code)) {
    return {
      reason: 'refused',
      subject: 'access_list',
      hint: `Add ${addressIn(detail) ?? 'the address of this machine'} to the API access list of this ${credential} (not to the network access list of the project). If the address changes, allow its whole range.`,
    };
  }
  if (/REQUIRES_(ACCESS_LIST|WHITELIST)$/.test(code)) {
    return {
      reason: 'refused',
      subject: 'access_list',
      hint: `The organization demands an API access list and this ${credential} has none: add one with the address of this machine.`,
    };
  }
  if (failure.refusal === 'role') return onMissingRole(failure);
  return {
    reason: 'refused',
    subject: 'instance',
    hint: `Check the tier of the instance, and that the ${credential} has the role ${role}.`,
  };
}

function onNotFound({ code, isJson }: Failure): Advice {
  // A gateway has 404s of its own, in JSON too. Atlas's have a code.
  if (!isJson || code === null) {
    return {
      reason: 'bad_response',
      subject: null,
      hint: 'The 404 is not from the Atlas API: check baseUrl; a proxy or gateway on the way may have answered.',
    };
  }
  const subject = missingSubject(code);
  return { reason: 'not_found', subject, hint: OTHER_PRODUCT[code] ?? MISSING[subject] };
}

type MissingSubject = Extract<SourceSubject, 'project' | 'instance' | 'job' | 'request'>;

/**
 * The codes that say that there is no such restore job, of every kind and version: `RESTORE_JOB_NOT_FOUND`, also with `_IN_GROUP`,
 * `CONFIG_RESTORE_JOB_NOT_FOUND` (legacy), `TENANT_RESTORE_NOT_FOUND` (flex, tenant), `INVALID_JOB_ID`. Not those about other jobs
 * (`LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP`).
 */
const NO_SUCH_JOB =
  /^(?:[A-Z0-9]+_)*RESTORE(?:_JOB)?_NOT_FOUND(?:_IN_[A-Z]+)?$|^INVALID_(?:RESTORE_)?JOB_ID$/;

/** What a 404 says is not there. `request`: the code names none of them, so that nothing can be concluded but that nothing was read. */
function missingSubject(code: string): MissingSubject {
  if (NO_SUCH_JOB.test(code)) return 'job';
  if (/CLUSTER|INSTANCE/.test(code)) return 'instance';
  return /GROUP|PROJECT/.test(code) && !/USER|TEAM|JOB/.test(code) ? 'project' : 'request';
}

const MISSING: Readonly<Record<MissingSubject, string>> = {
  project: 'Check groupId: it is the project id, 24 hexadecimal characters.',
  instance: `Check instanceName. Was the instance deleted, renamed or migrated? ${SERVERLESS_END}`,
  job: `Job ids have 24 hexadecimal characters. ${JOB_HOME}`,
  request:
    'Check instanceName and kind, and baseUrl: nothing is known at that address. A gateway on the way may have answered.',
};

/** A project of Atlas that Cloud Manager was asked for, and the other way round. */
const OTHER_PRODUCT: Readonly<Record<string, string>> = {
  NOT_ATLAS_GROUP: 'This is a Cloud Manager project: use the kind legacy and its base URL.',
  ATLAS_GROUP: 'This is an Atlas project: use an Atlas kind and https://cloud.mongodb.com.',
};

function onGone({ sunset, request }: Failure): Advice {
  const since = sunset === null ? '' : ` (it ended on ${sunset})`;
  const successor = /\/(?:serverless|tenant)\b/.test(request)
    ? SERVERLESS_END
    : 'Is there a newer version of this program, which asks for the one that follows it?';
  return { reason: 'gone', subject: 'kind', hint: `Atlas no longer offers this API${since}. ${successor}` };
}

/** Right name, wrong API: what the instance is, by the code of the API that refused it. */
const WRONG_KIND: Readonly<Record<string, { kind: JobKind; words: string }>> = {
  CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API: {
    kind: 'cluster',
    words: 'it is no flex cluster; try the kind cluster',
  },
  CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API: { kind: 'flex', words: 'it is a flex cluster: use the kind flex' },
  CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API: {
    kind: 'serverless',
    words: 'it is a serverless instance: use the kind serverless',
  },
  CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API: {
    kind: 'cluster',
    words: 'it is a dedicated cluster: use the kind cluster',
  },
};

const UNKNOWN_VERSION: Advice = {
  reason: 'bad_request',
  subject: 'request',
  hint: 'Atlas does not know the version of its API that was asked for, or a proxy on the way has changed the Accept header. Is there a newer version of this program?',
};

const BAD_REQUEST: Readonly<Record<string, Advice>> = {
  INVALID_VERSION_DATE: UNKNOWN_VERSION,
  // What legacy backup says of a cluster whose backups are cloud backups.
  INCORRECT_BACKUP_API_ENDPOINT: {
    reason: 'bad_request',
    subject: 'kind',
    suggestedKind: 'cluster',
    hint: 'The backups of this instance are kept elsewhere: use another kind.',
  },
};

/** Of the clusters, and of legacy backup. */
const NO_BACKUPS_CODES: ReadonlySet<string> = new Set(['BACKUP_JOB_NOT_FOUND', 'BACKUP_CONFIG_NOT_FOUND']);

const NO_BACKUPS: Advice = {
  reason: 'bad_request',
  subject: 'instance',
  hint: 'Backup is switched off for this instance.',
};

function onBadRequest({ status, code, detail }: Failure): Advice {
  if (status === 406) return UNKNOWN_VERSION;
  const key = code ?? '';
  const wrongKind = WRONG_KIND[key];
  if (wrongKind !== undefined) {
    const { kind, words } = wrongKind;
    return {
      reason: 'wrong_kind',
      subject: 'kind',
      suggestedKind: kind,
      hint: `The name is right, but ${words}.`,
    };
  }
  if (/^CANNOT_USE_\w{1,64}_IN_\w{1,64}_API$/.test(key)) {
    return {
      reason: 'wrong_kind',
      subject: 'kind',
      hint: 'The name is right, but this instance is of another kind: change the kind of the watch.',
    };
  }
  const unlisted: Advice = { reason: 'bad_request', subject: 'request' };
  return (
    BAD_REQUEST[key] ??
    (detail === null ? unlisted : { ...unlisted, hint: 'Check groupId, instanceName and restoreJobIds.' })
  );
}

/** The caller's address as Atlas saw it. */
function addressIn(detail: string | null): string | null {
  const found = /\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,39}/i.exec(detail ?? '');
  return found === null ? null : found[0];
}
