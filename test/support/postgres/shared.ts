import { randomBytes } from 'node:crypto';
import { inject, onTestFinished, TestRunner } from 'vitest';
import type { StoreAddressOfTest } from './prepared-stores.ts';

/** True where there is a PostgreSQL to test with; else its tests are skipped. */
export const hasPostgres = (): boolean => inject('postgresControl') !== null;

let asked: Promise<string> | null = null;

/** The URL of the PostgreSQL that all tests share. Each test keeps to a schema of its own. */
export function sharedPostgres(): Promise<string> {
  asked ??= ask();
  return asked;
}

async function ask(method = 'GET', path = ''): Promise<string> {
  const answer = await fetch(`${inject('postgresControl') ?? ''}/${path}`, { method });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Where a schema of this test's own may be made. Its name is by chance: a process runs one file after the other, and counts anew in each. */
export async function newPostgresSchema(): Promise<StoreAddressOfTest> {
  return { url: await sharedPostgres(), schema: `test_${randomBytes(8).toString('hex')}` };
}

/** Where a new, empty store of this test's own is. What is asked for within a test goes with it. */
export async function newPostgresAddress(): Promise<StoreAddressOfTest> {
  const address = JSON.parse(await ask('POST')) as StoreAddressOfTest;
  const database = new URL(address.url).pathname.slice(1);
  if (TestRunner.getCurrentTest() !== undefined)
    onTestFinished(async () => void (await ask('DELETE', database)));
  return address;
}
