import { STATUS_CODES } from 'node:http';
import { jsonReply, type Reply } from './reply.ts';

/** What Atlas's error codes mean: the HTTP status, and the text with the parameters put in. */
const ERRORS = {
  USER_UNAUTHORIZED: [401, 'Current user is not authorized to perform this action.'],
  USER_CANNOT_ACCESS_GROUP: [401, 'User cannot access this group.'],
  NOT_IN_GROUP: [401, 'The current user is not in the group, or the group does not exist.'],
  ACCOUNT_SUSPENDED: [402, 'Organization has an unpaid invoice that is more than 30 days old.'],
  IP_ADDRESS_NOT_ON_ACCESS_LIST: [403, 'IP address {0} is not allowed to access this resource.'],
  IP_ADDRESS_NOT_ON_WHITELIST: [403, 'IP address {0} is not allowed to access this resource.'],
  ORG_REQUIRES_ACCESS_LIST: [403, 'This organization requires access through an access list of ip ranges.'],
  RESOURCE_REQUIRES_ACCESS_LIST: [403, 'This resource requires access through an access list of ip ranges.'],
  ORG_REQUIRES_WHITELIST: [403, 'This organization requires access through a whitelist of ip ranges.'],
  RESOURCE_REQUIRES_WHITELIST: [403, 'This resource requires access through a whitelist of ip ranges.'],
  ACCESS_FORBIDDEN: [403, 'The user does not have permission to access the requested resource.'],
  FEATURE_UNSUPPORTED: [403, 'Feature not supported by current account level.'],
  GROUP_NOT_FOUND: [404, 'No group with ID {0} exists.'],
  INVALID_GROUP_ID: [404, 'An invalid group ID {0} was specified.'],
  CLUSTER_NOT_FOUND: [404, 'No cluster named {0} exists in group {1}.'],
  CLUSTER_NAME_NOT_FOUND: [404, 'No cluster named {0} exists in group {1}.'],
  SERVERLESS_INSTANCE_NOT_FOUND: [404, 'No serverless instance named {0} exists in group {1}.'],
  RESTORE_JOB_NOT_FOUND: [404, 'No restore job with ID {0} exists for cluster {1}.'],
  RESTORE_JOB_NOT_FOUND_IN_GROUP: [404, 'No restore job with ID {0} exists in group {1}.'],
  TENANT_RESTORE_NOT_FOUND: [404, 'No Flex restore with ID {0} exists for cluster {1}.'],
  INVALID_JOB_ID: [404, 'An invalid restore job ID {0} was specified.'],
  RESOURCE_NOT_FOUND: [404, 'Cannot find resource {0}.'],
  NOT_ATLAS_GROUP: [
    404,
    'Group {0} is not an Atlas group; use the Cloud Manager Public API at /api/public/v1.0 to access it.',
  ],
  ATLAS_GROUP: [
    404,
    'Group {0} is an Atlas group; use the Atlas Public API at /api/atlas/v1.0 to access it.',
  ],
  CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API: [400, 'Cannot use non-flex cluster {0} in the flex API.'],
  CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API: [400, 'Flex cluster {0} cannot be used in the Cluster API.'],
  CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API: [
    400,
    'Serverless instance {0} cannot be used in the Cluster API.',
  ],
  CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API: [
    400,
    'Cluster {0} cannot be used in the Serverless Instance API.',
  ],
  INCORRECT_BACKUP_API_ENDPOINT: [
    400,
    'Incorrect Public API endpoint for cloud backups. Please use the following end point: {0}',
  ],
  BACKUP_JOB_NOT_FOUND: [400, 'Backup is not enabled for cluster {0}.'],
  VALIDATION_ERROR: [400, 'Received JSON or parameters for {0} are not valid.'],
  INVALID_QUERY_PARAMETER: [400, 'Invalid query parameter {0} specified.'],
  INVALID_PATH_PARAMETER: [400, 'Invalid path parameter {0} specified.'],
  INVALID_VERSION_DATE: [400, 'There is no version number in the request.'],
  METHOD_NOT_ALLOWED: [405, 'Method {0} is not allowed.'],
  VERSION_GONE: [410, 'This resource version is past its sunset date.'],
  RATE_LIMITED: [429, 'Resource {0} is limited to {1} requests every {2} minutes.'],
  RATE_LIMITED_TOKEN_BUCKET: [
    429,
    'Rate limit exceeded for {0}. Please retry after {1} seconds. Request capacity: {2}. Refill rate: {3} per {4} seconds.',
  ],
  UNEXPECTED_ERROR: [500, 'Unexpected error.'],
  SERVICE_UNAVAILABLE: [503, 'Service unavailable.'],
} as const satisfies Record<string, readonly [status: number, detail: string]>;

/** The error codes that the simulator knows. */
export type AtlasErrorCode = keyof typeof ERRORS;

/** An error as Atlas words it, in v1.0 and v2 alike. */
export function errorReply(
  code: AtlasErrorCode,
  parameters: ReadonlyArray<string | number> = [],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const detail = textOf(code, parameters);
  return anyErrorReply({ status: statusOf(code), code, detail, parameters, headers });
}

/** The HTTP status that Atlas sends with an error code. */
export function statusOf(code: AtlasErrorCode): number {
  return ERRORS[code][0];
}

/** Atlas's text for a code, with the parameters put in. */
export function textOf(code: AtlasErrorCode, parameters: ReadonlyArray<string | number>): string {
  return ERRORS[code][1].replace(/\{(\d)\}/g, (_, index) => String(parameters[Number(index)] ?? ''));
}

/** All codes that the simulator knows. */
export const ATLAS_ERROR_CODES = Object.keys(ERRORS) as AtlasErrorCode[];

/** An error with a status and a code of the caller's choice. */
export function anyErrorReply(error: {
  status: number;
  code: string;
  detail?: string | undefined;
  parameters?: ReadonlyArray<string | number> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}): Reply {
  const { status, code, detail, parameters = [], headers = {} } = error;
  const body = {
    detail: detail ?? detailOf(code),
    error: status,
    errorCode: code,
    // Recorded: no list at all where the server itself failed.
    parameters: code === 'UNEXPECTED_ERROR' ? null : parameters,
    reason: STATUS_CODES[status] ?? 'Unknown',
  };
  return jsonReply(status, body, { 'content-type': 'application/json', 'x-error-code': code, ...headers });
}

/** The 401 of the layer in front of the API: pretty-printed, without `parameters`, and without the header that names the code. */
export function unauthorizedReply(headers: Readonly<Record<string, string>>): Reply {
  const body = {
    error: 401,
    reason: 'Unauthorized',
    detail: 'You are not authorized for this resource.',
    errorCode: 'UNEXPECTED_ERROR',
  };
  return {
    status: 401,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body, null, 2),
  };
}

/** The code that Atlas uses with a status when nothing more is known. */
export function usualCode(status: number): AtlasErrorCode {
  const codes: Record<number, AtlasErrorCode> = {
    401: 'USER_UNAUTHORIZED',
    402: 'ACCOUNT_SUSPENDED',
    403: 'ACCESS_FORBIDDEN',
    404: 'RESOURCE_NOT_FOUND',
    405: 'METHOD_NOT_ALLOWED',
    410: 'VERSION_GONE',
    429: 'RATE_LIMITED',
    503: 'SERVICE_UNAVAILABLE',
  };
  return codes[status] ?? 'UNEXPECTED_ERROR';
}

function detailOf(code: string): string {
  const known = Object.entries(ERRORS).find(([name]) => name === code);
  return known ? known[1][1].replace(/\{\d\}/g, '…') : 'Unexpected error.';
}
