import { writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src/store/sqlite/layout/migrate.ts';
import { openConnection } from '../../src/store/sqlite/node-sqlite.ts';

const MEMORY = ':memory:';

let image: Uint8Array | null = null;

/** An empty database with the latest layout, as bytes. All steps to that layout take twenty milliseconds, a copy of them hardly any. */
function preparedLayout(): Uint8Array {
  if (image === null) {
    const connection = openConnection(MEMORY, { readOnly: false });
    migrate(connection, MEMORY);
    image = connection.serialize();
    connection.close();
  }
  return image;
}

/** A new database in memory that has the latest layout. */
export function newMemoryDatabase(): DatabaseSync {
  const connection = openConnection(MEMORY, { readOnly: false });
  connection.deserialize(preparedLayout());
  return connection;
}

/** Makes a database file that has the latest layout. */
export function makeDatabaseFile(path: string): void {
  writeFileSync(path, preparedLayout(), { mode: 0o600 });
}
