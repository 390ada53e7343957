import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** True where there is a PostgreSQL to test with; else its tests are skipped. */
export const hasPostgres = (): boolean => inject('postgresControl') !== null;

let asked: Promise<string> | null = null;

/** The URL of the PostgreSQL that all tests share. Each test keeps to a schema of its own. */
export function sharedPostgres(): Promise<string> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<string> {
  const answer = await fetch(inject('postgresControl') ?? '');
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Where a new, empty store of this test's own is. Its name is by chance: a process runs one file after the other, and counts anew in each. */
export async function newPostgresAddress(): Promise<{ url: string; schema: string }> {
  return { url: await sharedPostgres(), schema: `test_${randomBytes(8).toString('hex')}` };
}
