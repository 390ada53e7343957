import { sql } from 'kysely';

/**
 * Names a text column so that no index over it is used, where another condition leaves far fewer rows: a database that has never been
 * analysed cannot know which of two does.
 */
export function unindexed<Column extends string>(column: Column) {
  return sql<string>`(${sql.ref(column)} || '')`;
}
