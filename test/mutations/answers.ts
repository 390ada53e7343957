import { scrubValue } from '../../src/source/reply/scrub.ts';
import {
  EXAMPLE_FILES,
  type Example,
  type ExampleFile,
  idOf,
  isJob,
  NOW,
  rawJob,
} from '../source/kinds/examples.ts';
import { errorExamples } from './error-examples.ts';
import { mutateBytes, mutateValue } from './mutate.ts';
import type { Chance } from './random.ts';

/** An answer of Atlas that has gone wrong on its way, or was wrong from the beginning. */
export interface OddAnswer {
  file: ExampleFile;
  /** What it was made from; the job that is asked for. */
  example: Example;
  /** One job by its id, or the list. */
  asked: 'job' | 'list';
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

const STATUSES = [
  200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 201, 204, 206, 302, 400, 401, 403, 404, 404, 410, 418,
  429, 500, 502, 503, 599, 600, 999,
];

const ODD_HEADERS: ReadonlyArray<Readonly<Record<string, string>>> = [
  {},
  {},
  {},
  { 'content-type': 'text/html' },
  { 'content-type': 'application/json; charset=iso-8859-1' },
  { 'content-type': 'application/json;charset=no-such-charset' },
  { date: '0' },
  { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { deprecation: '?1', sunset: 'soon' },
  {
    deprecation: '@99999999999999999999',
    sunset: 'Thu, 15 Jan 2026 00:00:00 GMT, Thu, 15 Jan 2026 00:00:00 GMT',
  },
  { 'x-error-code': 'RESTORE_JOB_NOT_FOUND' },
  { 'www-authenticate': 'Digest' },
  { 'www-authenticate': 'Bearer error="invalid_token", Digest realm="a\\"b", nonce="", qop="auth-int"' },
  { 'ratelimit-limit': 'NaN', 'ratelimit-remaining': '-1', 'ratelimit-reset': '1e9' },
  { ratelimit: 'limit=10, remaining=9, reset=1, "a";r=;;t', 'ratelimit-policy': '"x";q=0;w=0' },
];

/** Makes an answer out of a documented one: about a job or a list, sound JSON that says something else, or bytes that are none. */
export function oddAnswer(chance: Chance): OddAnswer {
  const file = chance.one(FILES);
  const example = chance.one(readableIn(file));
  const asked = chance.one(['job', 'list'] as const);
  const status = chance.one(STATUSES);
  const sound = status < 400 ? soundBody(file, example, asked, chance) : chance.one(errorExamples);
  let value = sound;
  for (let times = chance.below(4); times > 0; times -= 1) value = mutateValue(value, chance);
  let body: Buffer = Buffer.from(JSON.stringify(value) ?? '');
  if (chance.next() < 0.3) body = mutateBytes(body, chance);
  return { file, example, asked, status, headers: chance.one(ODD_HEADERS), body };
}

/** A job of an unknown state has no life to compare with. */
function readableIn({ examples, adapter, target }: ExampleFile): Example[] {
  return examples.filter(
    (example) => isJob(example) && adapter.decode(rawJob(example), target, NOW, scrubValue).kind === 'job',
  );
}

const FILES = EXAMPLE_FILES.filter((file) => readableIn(file).length > 0);

function soundBody(file: ExampleFile, example: Example, asked: OddAnswer['asked'], chance: Chance): unknown {
  if (asked === 'job') return example.body;
  const others = file.examples.filter(isJob).map((other, index) => ({
    ...(rawJob(other) as object),
    id: `${idOf(other).slice(0, -2)}${String(index).padStart(2, '0')}`,
  }));
  const results = [rawJob(example), ...others.slice(0, chance.below(4))];
  return { results, totalCount: results.length, links: [] };
}
