import { readFileSync } from 'node:fs';

const PATH = new URL('../fixtures/atlas-examples/errors.json', import.meta.url);

/** The bodies of the documented errors. */
export const errorExamples: readonly unknown[] = (
  JSON.parse(readFileSync(PATH, 'utf8')) as { cases: Array<{ body: unknown }> }
).cases.map(({ body }) => body);
