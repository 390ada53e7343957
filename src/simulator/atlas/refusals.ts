import { type AtlasErrorCode, anyErrorReply, statusOf, textOf, unauthorizedReply } from './errors.ts';
import type { Reply } from './reply.ts';

/** What an error can be about: the request, as far as errors tell of it. */
export interface Subject {
  url: URL;
  params: Readonly<Record<string, string>>;
}

/** How a project or a part of it is refused. */
export interface Refusal {
  code: AtlasErrorCode;
  /** Stand in the error's text; taken from the request unless given. */
  parameters?: ReadonlyArray<string | number>;
  /** The one usual for the code unless given: `INVALID_VERSION_DATE` is a 400 or a 406, `UNEXPECTED_ERROR` a 500 or a 401. */
  status?: number;
  /** Seconds, or an HTTP date. */
  retryAfter?: number | string;
  headers?: Readonly<Record<string, string>>;
  /** Only requests whose path and query contain this, or match it. */
  onlyPath?: string | RegExp;
}

/** An error whose text takes what it needs from the request. */
export function errorAbout(subject: Subject, code: AtlasErrorCode): Reply {
  return refusalReply(subject, { code });
}

/** The refusal in Atlas's form. The 401 without a code of its own comes from the layer in front of the API. */
export function refusalReply(subject: Subject, refusal: Refusal): Reply {
  const { code, status = statusOf(code), parameters = parametersOf(code, subject) } = refusal;
  const wait = refusal.retryAfter === undefined ? {} : { 'retry-after': String(refusal.retryAfter) };
  const headers = { ...wait, ...refusal.headers };
  if (status === 401 && code === 'UNEXPECTED_ERROR') return unauthorizedReply(headers);
  return anyErrorReply({ status, code, detail: textOf(code, parameters), parameters, headers });
}

const CALLER = '203.0.113.7';

/** What stands in the text of an error: as many values as it has places for. */
function parametersOf(code: AtlasErrorCode, { url, params }: Subject): ReadonlyArray<string | number> {
  const { groupId = '', instanceName = '', jobId = '' } = params;
  switch (code) {
    case 'IP_ADDRESS_NOT_ON_ACCESS_LIST':
    case 'IP_ADDRESS_NOT_ON_WHITELIST':
      return [CALLER];
    case 'GROUP_NOT_FOUND':
    case 'INVALID_GROUP_ID':
    case 'NOT_ATLAS_GROUP':
    case 'ATLAS_GROUP':
      return [groupId];
    case 'CLUSTER_NOT_FOUND':
    case 'CLUSTER_NAME_NOT_FOUND':
    case 'SERVERLESS_INSTANCE_NOT_FOUND':
      return [instanceName, groupId];
    case 'RESTORE_JOB_NOT_FOUND':
    case 'TENANT_RESTORE_NOT_FOUND':
      return [jobId, instanceName];
    case 'RESTORE_JOB_NOT_FOUND_IN_GROUP':
      return [jobId, groupId];
    case 'INVALID_JOB_ID':
      return [jobId];
    case 'CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API':
    case 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API':
    case 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API':
    case 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API':
    case 'BACKUP_JOB_NOT_FOUND':
      return [instanceName];
    case 'INCORRECT_BACKUP_API_ENDPOINT':
      return [`/api/atlas/v2/groups/${groupId}/clusters/${instanceName}/backup/restoreJobs`];
    case 'RESOURCE_NOT_FOUND':
      return [url.pathname];
    case 'METHOD_NOT_ALLOWED':
      return ['GET'];
    case 'INVALID_PATH_PARAMETER':
      return ['restoreJobId'];
    case 'INVALID_QUERY_PARAMETER':
    case 'VALIDATION_ERROR':
      return ['pageNum'];
    case 'RATE_LIMITED':
      return [url.pathname, 100, 1];
    case 'RATE_LIMITED_TOKEN_BUCKET':
      return [url.pathname.slice(1), 55, 1_200, 500, 60];
    default:
      return [];
  }
}
