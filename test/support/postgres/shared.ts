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

let schemas = 0;

/** Where a new, empty store of this test's own is. */
export async function newPostgresAddress(): Promise<{ url: string; schema: string }> {
  schemas += 1;
  return { url: await sharedPostgres(), schema: `test_${process.pid}_${schemas}` };
}
