import { shorten } from '../../domain/shorten.ts';
import { formatPath, type Path, valueAt } from './paths.ts';

/** Says what stands at a path, fit for a message. */
export type Found = (path: Path) => string;

/** Keys whose texts may be shown. A list of what is harmless: a secret may stand in the wrong place. */
const SHOWN = new Set([
  'name',
  'connection',
  'baseUrl',
  'type',
  'kind',
  'apiVersion',
  'groupId',
  'instanceName',
  'restoreJobIds',
  'schedule',
  'scheduleIdle',
  'announceExisting',
  'stalledAfter',
  'expiringWithin',
  'failingAfter',
  'expectRestoreEvery',
  'rto',
  'rpo',
  'requestTimeout',
  'timeout',
  'retries',
  'requestsPerMinute',
  'fallback',
  'fallbackAfter',
  'every',
  'from',
  'to',
  'timeZone',
  'digest',
  'caFile',
  'bodyFile',
  'file',
  'host',
  'port',
  'keep',
  'level',
  'format',
  'events',
  'severities',
  'targetClusterNames',
  'kinds',
  'deliveryTypes',
  'instanceNames',
  'crossProject',
  'remindEvery',
]);

/** Keys that hold a name in these sections, and may hold anything elsewhere. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  routes: ['channels', 'watches'],
  testAlert: ['event', 'watch', 'target'],
};

const LONGEST = 60;

/** What came from a placeholder is called by its placeholder: it may be the wrong variable, and its value a secret. */
export function createFound(root: unknown, placeholders: ReadonlyMap<string, string>): Found {
  return (path) => {
    const value = valueAt(root, path);
    const origin = placeholders.get(formatPath(path));
    if (origin !== undefined) return `${value === '' ? 'an empty text' : 'the value'} from ${origin}`;
    return describe(value, mayShow(path, value));
  };
}

function mayShow(path: Path, value: unknown): boolean {
  const key = path.findLast((step) => typeof step === 'string');
  if (key === undefined || (typeof value === 'string' && /:\/\/[^/]*@/.test(value))) return false;
  return SHOWN.has(key) || (NAMED[String(path[0])] ?? []).includes(key);
}

function describe(value: unknown, isShown: boolean): string {
  if (value === undefined) return 'nothing';
  if (value === '') return 'an empty text';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'boolean') return String(value);
  if (!isShown) return typeof value === 'string' ? 'a text that is not shown here' : 'a number';
  return shorten(JSON.stringify(value), LONGEST);
}
