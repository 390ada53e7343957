import { sql } from 'kysely';

// Written into the statement, not bound to it: only so can a database use its partial indexes over what is owed and given up.

/** The status of what is owed, perhaps claimed. */
export const PENDING = sql.lit('pending' as const);
/** The status of what was given up: owed no more, unless it is redriven. */
export const GIVEN_UP = sql.lit('given_up' as const);
/** The status of what the receiver has accepted. */
export const DELIVERED = sql.lit('delivered' as const);
