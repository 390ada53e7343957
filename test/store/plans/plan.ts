import type { DatabaseSync } from 'node:sqlite';

/** Tables that do not grow with age, and why. */
const SMALL: Record<string, string> = {
  drill: 'a row for each drill that is agreed',
  target: 'a row for each instance',
  alert: 'a row for what lasts',
  mute: 'a row for each time that somebody has set one by hand',
  reminder: 'a row for what lasts and each channel',
  channel_quiet: 'a row for each channel',
  discovery: 'a row for each watch',
  watch_success: 'a row for each watch',
  last_finish: 'a row for each instance',
  job_count: 'a row for each watch and state',
  delivery_count: 'a row for each channel and status',
  audit_head: 'one row',
  pruned: 'one row',
};

/** What a channel is owed is little, unless it accepts nothing for long. */
const OWED = 'what is owed';

/** Indexes of which all that a statement finds is little, however old the store is, and why. */
const BOUNDED: Record<string, string> = {
  observation_followed: 'jobs that may still change',
  observation_open: 'jobs that may still change',
  observation_running: 'jobs that run',
  delivery_next: OWED,
  delivery_due: OWED,
  delivery_order: OWED,
  delivery_pending: OWED,
  delivery_refused: OWED,
  delivery_urgent: 'what somebody wants tried now',
  delivery_held: 'what waits for a digest',
  delivery_leased: 'what is in hand',
  coverage_span_standing: 'what was noted last of each instance',
};

/** How an index is searched when what it finds is little, and why. */
const LITTLE: Record<string, string> = {
  'event_job (job_id=?': 'what happened to one job',
  'drill_place_1 (drill=?': 'the instances of one drill',
  'attestation_job (job_id=?': 'what people said of one job',
  'observation_job (job_id=?': 'one job, as several watches see it',
  'delivery_event (event_id=?': 'one event, to all channels',
  'pruned_job USING PRIMARY KEY (job_id=?': 'one job, as several watches saw it',
  'delivery_parts (part_of=?': 'one mail, to its recipients',
  'event_muted (mute_id=?': 'of a mute that is deleted: nothing on record names it',
  'event_newest (detected_at=?': 'what was found in one instant',
  'event_watch (watch=? AND detected_at>?':
    'what is told of channels themselves, since the oldest that is owed or was given up within a day',
  'delivery_given_up_at (ended_at>?': 'what was given up within a day',
  'delivery_given_up (channel=? AND covered_by=? AND <expr>>?':
    'what was given up and a fallback has not got',
  'delivery_late (channel=? AND covered_by=? AND <expr>>? AND <expr><?':
    'what is late and a fallback has not got',
};

/** What one statement does with one table. */
interface Access {
  table: string;
  step: string;
  isBounded: boolean;
}

/**
 * Says what is wrong with a statement on a store of any age; `null`: nothing.
 *
 * All that it finds must be little, or it must read a page: in the order of an index that knows every one of its conditions, up to a limit.
 * `isOwedLittle: false`: also while a channel accepts nothing for days.
 */
export function faultOf(db: DatabaseSync, sql: string, { isOwedLittle = true } = {}): string | null {
  const steps = db
    .prepare(`explain query plan ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
  const accesses = steps.flatMap((step) => accessOf(db, sql, step, isOwedLittle) ?? []);
  const long = accesses.filter(({ isBounded }) => !isBounded);
  if (long.length === 0) return null;
  const sort = steps.find((step) => step.startsWith('USE TEMP B-TREE'));
  if (sort !== undefined) return sort;
  const [first] = long;
  if (first === undefined) return null;
  if (!/\blimit\b/.test(sql)) return `${first.step} without a limit`;
  const unknown = conditionsOf(sql).filter(
    (column) => !first.step.includes(column) && !isInPartial(db, first.step, column),
  );
  return unknown.length > 0 ? `${first.step}, and then looks at each row for ${unknown.join(', ')}` : null;
}

function accessOf(db: DatabaseSync, sql: string, step: string, isOwedLittle: boolean): Access | null {
  const [, how, alias = ''] = /^(SEARCH|SCAN) (\w+)/.exec(step) ?? [];
  if (how === undefined) return null;
  const table = tableOf(sql, alias);
  if (!isTable(db, table)) return null;
  // The check of a reference to a new mute, which nothing can have yet: it is planned, and never made.
  if (sql.startsWith('insert into "mute"') && table === 'event') return null;
  const index = /INDEX (\w+)/.exec(step)?.[1] ?? '';
  const isOwed =
    table === 'delivery' && new RegExp(`"?${alias}"?\\."?status"? = 'pending'`).test(qualified(sql, alias));
  const isBounded =
    (isOwed && isOwedLittle) ||
    table in SMALL ||
    (index in BOUNDED && (isOwedLittle || BOUNDED[index] !== OWED)) ||
    isOfUniqueKey(db, table, step) ||
    Object.keys(LITTLE).some((little) => step.includes(little));
  return { table, step, isBounded };
}

/** Where only one table is asked, its columns stand alone. */
function qualified(sql: string, alias: string): string {
  return sql.replace(/(?<![."])"status" = 'pending'/g, `"${alias}"."status" = 'pending'`);
}

function tableOf(sql: string, alias: string): string {
  return new RegExp(`"?(\\w+)"? as "?${alias}"?(?!\\w)`).exec(sql)?.[1] ?? alias;
}

function isTable(db: DatabaseSync, name: string): boolean {
  return db.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined;
}

/** True for one row of each key that is asked for. */
function isOfUniqueKey(db: DatabaseSync, table: string, step: string): boolean {
  if (/INTEGER PRIMARY KEY \(rowid=\?\)/.test(step)) return true;
  const index = /INDEX (\w+) \(/.exec(step)?.[1];
  if (index === undefined) return false;
  const isUnique = db
    .prepare('select 1 from pragma_index_list(?) where name = ? and "unique" = 1')
    .get(table, index);
  const columns = db.prepare('select name from pragma_index_info(?)').all(index);
  return isUnique !== undefined && columns.every(({ name }) => step.includes(`${String(name)}=?`));
}

/** The columns that the outermost `where` compares; what stands in parentheses is left out. */
function conditionsOf(sql: string): string[] {
  let flat = sql;
  for (let before = ''; before !== flat; ) {
    before = flat;
    flat = flat.replace(/\([^()]*\)/g, '');
  }
  const [, where = ''] = /\bwhere\b(.*?)(\border by\b|\blimit\b|$)/.exec(flat) ?? [];
  const columns = [...where.matchAll(/"(\w+)" (?:=|<|>|<=|>=|!=|in|is|like)(?!\w)/g)];
  // As SQLite calls these two in its plans.
  return columns.map(([, column = '']) => (column === 'position' || column === 'seq' ? 'rowid' : column));
}

/** True for a condition that the index itself makes. */
function isInPartial(db: DatabaseSync, step: string, column: string): boolean {
  const index = /INDEX (\w+)/.exec(step)?.[1] ?? '';
  const made = db.prepare('select sql from sqlite_schema where name = ?').get(index)?.sql;
  return typeof made === 'string' && new RegExp(`\\bwhere\\b.*\\b${column}\\b`, 's').test(made);
}
