import type { Database } from '../queries/schema.ts';

/** Tables of who works with the store, and of how. */
type NotKept =
  | 'replica'
  | 'lease'
  | 'request_budget'
  | 'token'
  | 'audit_mirror'
  | 'estate'
  | 'found_project'
  | 'watch_share';

/** What names a row of each table, in the order in which tables are filled: one that refers to another comes behind it. */
const KEYS = {
  target: ['key'],
  alert: ['key'],
  discovery: ['key'],
  feed_trust: ['connection', 'kind', 'group_id'],
  coverage_writer: ['id'],
  coverage_span: ['writer', 'number'],
  watch_success: ['watch'],
  last_finish: ['target_key'],
  observation: ['watch', 'job_id'],
  pruned_job: ['job_id', 'watch'],
  mute: ['id'],
  attestation: ['id'],
  drill: ['drill'],
  drill_place: ['drill', 'place'],
  event: ['position'],
  reminder: ['event_id', 'channel'],
  delivery: ['position'],
  channel_quiet: ['channel'],
  // Behind what they count: the database has counted along, and knows nothing of what was pruned.
  job_count: ['watch', 'state'],
  delivery_count: ['channel', 'status'],
  audit_entry: ['seq'],
  witness_view: ['witness'],
  witnessed_log: ['origin'],
  audit_verified: ['id'],
  // A new store has these rows already.
  pruned: ['id'],
  audit_head: ['id'],
} satisfies Record<Exclude<keyof Database, NotKept>, readonly string[]>;

/** Every table of the layout that holds what is kept: who works with the store does not come along. */
export type TableName = keyof typeof KEYS;

/** Every table of the layout, in the order in which they are filled. */
export const TABLES = Object.keys(KEYS) as TableName[];

/** The columns that name a row of the table. */
export function keyOf(table: TableName): readonly string[] {
  return KEYS[table];
}

/** Tables whose rows are numbered by the database. */
export const NUMBERED_TABLES = [
  'mute',
  'attestation',
  'event',
  'delivery',
] as const satisfies readonly TableName[];
export type NumberedTable = (typeof NUMBERED_TABLES)[number];
