import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type AtlasOptions, type AtlasSimulator, startAtlas } from '../../../src/simulator/atlas/atlas.ts';
import { fetchByDigest } from './login/digest-client.ts';

export const LOGIN = { user: 'public', password: 'private' };

/** A simulator that is closed when the test ends. */
export async function anAtlas(options: Partial<AtlasOptions> = {}): Promise<AtlasSimulator> {
  const atlas = await startAtlas({ publicKey: LOGIN.user, privateKey: LOGIN.password, ...options });
  onTestFinished(() => atlas.close());
  return atlas;
}

const ROOTS = { 'v1.0': '/api/atlas/v1.0', v2: '/api/atlas/v2', public: '/api/public/v1.0' } as const;

/** Where an API begins. */
export type Root = keyof typeof ROOTS;

/** Asks by digest. A v2 request names a date after every version there is, unless `date` names another. */
export function ask(
  atlas: AtlasSimulator,
  root: Root,
  path: string,
  { date = '2026-01-01', ...init }: RequestInit & { date?: string } = {},
): Promise<Response> {
  const accept = root === 'v2' ? `application/vnd.atlas.${date}+json` : 'application/json';
  return fetchByDigest(atlas.url + ROOTS[root] + path, LOGIN, { headers: { accept }, ...init });
}

/** A job, a list or an error: only what is asked for is there. */
export interface Shown extends Record<string, unknown> {
  results: Array<Record<string, unknown> & { id: string }>;
  links: Array<{ rel: string; href: string }>;
}

export async function read(...args: Parameters<typeof ask>): Promise<Shown> {
  return (await ask(...args)).json() as Promise<Shown>;
}

/** A documented case, by its name. */
export function documented<Case = { body: Record<string, unknown> }>(file: string, name: string): Case {
  const path = new URL(`../../fixtures/atlas-examples/${file}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Array<{ name: string }> };
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found as Case;
}
