import { readFileSync } from 'node:fs';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import type { Target } from '../../../src/domain/job/watch.ts';
import { clusterJobs } from '../../../src/source/kinds/cluster.ts';
import { collectionJobs } from '../../../src/source/kinds/collection.ts';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import type { JobKindAdapter } from '../../../src/source/kinds/kind.ts';
import { legacyJobs } from '../../../src/source/kinds/legacy.ts';
import { serverlessJobs } from '../../../src/source/kinds/serverless.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { openEnvelope } from '../../../src/source/wire/envelope.ts';
import { aTarget } from '../../support/builders.ts';

/** One case of a file of examples. */
export interface Example {
  file: string;
  name: string;
  /** The state that follows, or `list`, `empty_list`, `http_error_404`. */
  verdict: string;
  /** The outcomes in order; where it is absent, the verdict is the only one. */
  milestones?: string[];
  warnings?: boolean;
  body: Record<string, unknown>;
}

export interface ExampleFile {
  file: string;
  adapter: JobKindAdapter;
  target: Target;
  /** The path of the list, as the examples have it. */
  listPath: string;
  accept: string;
  examples: Example[];
}

/** While every link of the examples is alive. */
export const NOW = Date.parse('2026-11-02T09:00:00Z');

/** The file of each adapter. `tenant` is of the API before Flex: nobody asks it any more, its bodies are understood all the same. */
const ADAPTERS: Readonly<Record<string, JobKindAdapter>> = {
  serverless: serverlessJobs,
  flex: flexJobs,
  dedicated: clusterJobs,
  collection: collectionJobs,
  legacy: legacyJobs,
  tenant: flexJobs,
};

export const EXAMPLE_FILES: readonly ExampleFile[] = Object.keys(ADAPTERS).map(readExamples);

/** The examples of one file. */
export function examplesOf(file: string): ExampleFile {
  const found = EXAMPLE_FILES.find((candidate) => candidate.file === file);
  if (!found) throw new Error(`no examples of ${file}`);
  return found;
}

export function bodyOf(file: string, name: string): Record<string, unknown> {
  const found = examplesOf(file).examples.find((example) => example.name === name);
  if (!found) throw new Error(`no example ${name} in ${file}`);
  return found.body;
}

/** A reading that is a job, by the adapter of the file. */
export function decodeExample(file: string, raw: unknown, now = NOW): RestoreJob {
  const { adapter, target } = examplesOf(file);
  const reading = adapter.decode(raw, target, now, scrubValue);
  if (reading.kind !== 'job') throw new Error(reading.problem);
  return reading.job;
}

/** True for the examples that are one job, in or out of an envelope. */
export function isJob({ verdict }: Example): boolean {
  return !/^(http_error|empty_list|list)/.test(verdict);
}

/** The job in the body of an example. */
export function rawJob({ body }: Example): unknown {
  return openEnvelope(body).body;
}

export function idOf(example: Example): string {
  return /"id":"(\w+)"/.exec(JSON.stringify(example.body))?.[1] ?? '690710a5c1d2e3f4a5b6c701';
}

function readExamples(file: string): ExampleFile {
  const path = new URL(`../../fixtures/atlas-examples/${file}.json`, import.meta.url);
  const { request, accept, cases } = JSON.parse(readFileSync(path, 'utf8')) as {
    request: string;
    accept?: string;
    cases: Omit<Example, 'file'>[];
  };
  const [, listPath = '', apiVersion, groupId = '', instanceName = ''] =
    /^GET (\/api\/atlas\/(v1\.0|v2)\/groups\/(\w+)\/\w+\/([\w-]+)\/[\w/]+)\/\{/.exec(request) ?? [];
  const adapter = ADAPTERS[file] ?? flexJobs;
  return {
    file,
    adapter,
    target: aTarget({
      kind: adapter.kind,
      apiVersion: apiVersion === 'v1.0' ? 'v1.0' : 'v2',
      groupId,
      instanceName,
    }),
    listPath,
    accept: accept ?? 'application/json',
    examples: cases.map((example) => ({ ...example, file })),
  };
}
