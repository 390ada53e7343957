import type { DatabaseSync } from 'node:sqlite';
import { quoted } from '../../domain/shell-word.ts';
import { StoreError } from '../../errors.ts';

/** As SQLite says it of a text that one of its functions should read. */
const MALFORMED = /malformed JSON/;

/** So many rows are named. */
const NAMED = 5;

const UNREADABLE = 'from observation where not json_valid(body)';

/**
 * Says which observations stopped a step of the layout, when they are why it failed: their texts are no JSON, so something else than this
 * program has written there, or a page of the file is damaged. `null` when the step failed for another reason.
 */
export function unreadableBodies(db: DatabaseSync, path: string, cause: Error): StoreError | null {
  if (!MALFORMED.test(cause.message)) return null;
  const rows = db.prepare(`select watch, job_id ${UNREADABLE} order by watch, job_id limit ?`).all(NAMED);
  if (rows.length === 0) return null;
  const [count] = db.prepare(`select count(*) as count ${UNREADABLE}`).all();
  const names = rows.map(({ watch, job_id }) => `job ${job_id} of watch ${watch}`);
  const more = Number(count?.count) - rows.length;
  return new StoreError(
    'damaged',
    `${path} cannot be brought up to date: what it holds of ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} cannot be read; it is as it was`,
    {
      hint:
        'Restore the database from a backup. Or let go of what is known of these jobs: ' +
        `sqlite3 ${quoted(path)} "delete ${UNREADABLE}"; those that Atlas still lists are then told of as new.`,
      cause,
    },
  );
}
