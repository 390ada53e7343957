import { COMPONENTS } from './components.ts';
import { type Access, LIMIT, OPERATIONS, type Operation } from './operations.ts';
import { listOf, orNull, record, ref, type Schema, text } from './schema.ts';

const SAYS: Readonly<Record<number, string>> = {
  200: 'As asked for.',
  201: 'It is made.',
  400: 'Something about the request is wrong; `hint` says what would be right.',
  401: 'A token is needed.',
  403: 'The token may read, and not act; or none is set, and without one nobody may act.',
  404: 'There is no such thing.',
  405: 'Another method is offered there.',
  409: 'Several may be meant: give more of the id.',
  413: 'The body is too large.',
  422: 'The configuration cannot be used; the one before stays in force.',
  500: 'The request could not be answered; the log says why.',
  503: 'Not now: the answer says what is wrong.',
};
/** What may come of every path, whoever asks. */
const ALWAYS: Readonly<Record<number, string>> = { 405: 'Refusal', 500: 'Refusal' };
/** What else may come, by who may ask. */
const BY_ACCESS: Readonly<Record<Access, Readonly<Record<number, string>>>> = {
  open: {},
  read: { 400: 'Refusal', 401: 'Refusal', 503: 'Refusal' },
  act: { 400: 'Refusal', 401: 'Refusal', 403: 'Refusal', 413: 'Refusal', 503: 'Refusal' },
};

/** The OpenAPI 3.1 document of everything that is served, for a program of this version. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: described(operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'restore-watcher',
      version,
      description:
        'Lists are `{ items, nextCursor }`: go on with `cursor` until `nextCursor` is null. Instants are ISO 8601 in UTC. Every refusal is `{ error, hint }`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Where it was asked for.
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    webhooks: { event: { post: EVENT_WEBHOOK } },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'Where one is set: `server.token` may read and act, `server.viewToken` read. What acts says so, and wants the former.',
        },
      },
      schemas: COMPONENTS,
    },
  };
}

/** What a channel of the type `webhook` is sent. */
const EVENT_WEBHOOK = {
  operationId: 'event',
  summary:
    'What a channel of the type `webhook` is sent; any 2xx accepts it. Signed as Standard Webhooks has it.',
  security: [],
  requestBody: {
    required: true,
    content: { 'application/cloudevents+json': { schema: ref('CloudEvent') } },
  },
  responses: { 204: { description: 'It is accepted.' } },
};

/** The answers of an operation, by status: those of its own, and those that are everywhere. */
export function answersOf({ access, answers, listOf: items }: Operation): Readonly<Record<number, string>> {
  const own = items === undefined ? answers : { ...answers, 200: items };
  return { ...ALWAYS, ...BY_ACCESS[access], ...own };
}

const OTHER_THAN_JSON: Readonly<Record<string, string>> = {
  text: 'text/plain',
  events: 'text/event-stream',
};

/** What one answer looks like. */
export function schemaOf(operation: Operation, status: number, name: string): Schema {
  if (Object.hasOwn(OTHER_THAN_JSON, name)) return text;
  // A document that described itself would be the whole of OpenAPI.
  if (name === 'OpenApi') return { type: 'object' };
  if (status !== 200 || operation.listOf === undefined) return ref(name);
  return record({ items: listOf(ref(name)), nextCursor: orNull(text) });
}

function described(operation: Operation): Record<string, unknown> {
  const { method, path, access, summary, body } = operation;
  const responses = Object.entries(answersOf(operation)).map(([status, name]) => {
    const schema = schemaOf(operation, Number(status), name);
    const content = { [OTHER_THAN_JSON[name] ?? 'application/json']: { schema } };
    return [status, { description: SAYS[Number(status)] ?? '', content }];
  });
  return {
    operationId: `${method} ${path}`.replaceAll(/[^a-z0-9]+(\w?)/gi, (_, next: string) => next.toUpperCase()),
    summary: access === 'act' ? `${summary} Needs \`server.token\`.` : summary,
    ...(access === 'open' ? { security: [] } : {}),
    parameters: [...pathParameters(path), ...queryParameters(operation)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: Object.fromEntries(responses),
  };
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
}

function queryParameters({ query, needs = [], listOf: items, isPaged = true }: Operation): unknown[] {
  const paging = {
    limit: LIMIT,
    cursor: { ...text, description: '`nextCursor` of the page before, as it came.' },
  };
  return Object.entries({ ...query, ...(items === undefined || !isPaged ? {} : paging) }).map(
    ([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: needs.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    }),
  );
}
