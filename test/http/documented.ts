import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { COMPONENTS } from '../../src/http/openapi/components.ts';
import { answersOf, schemaOf } from '../../src/http/openapi/document.ts';
import { OPERATIONS, type Operation } from '../../src/http/openapi/operations.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, keywords: ['components'] });
addFormats.default(ajv);
ajv.addSchema({ $id: 'all', components: { schemas: COMPONENTS } });

const compiled = new Map<string, ValidateFunction>();

/**
 * Holds an answer of the server against the OpenAPI document: the path, its status, and every field of the body. A path that is not
 * served at all is answered with 404, and is not there either.
 */
export function expectDocumented(
  method: string,
  url: string,
  { status, text, headers }: { status: number; text: string; headers: Record<string, unknown> },
): void {
  const { pathname } = new URL(url);
  if (isForPeople(pathname)) return;
  const samePath = OPERATIONS.filter(({ path }) => patternOf(path).test(pathname));
  const operation =
    samePath.find((each) => each.method === (method === 'HEAD' ? 'get' : method.toLowerCase())) ??
    samePath[0];
  if (operation === undefined) {
    expect(
      [404, 405, 401, 400, 421, 503, 501],
      `${method} ${pathname} is not in the OpenAPI document`,
    ).toContain(status);
    return;
  }
  const name = answersOf(operation)[status];
  // The door refuses before any route hears of it.
  if (name === undefined && isRefusedAtTheDoor(status)) return;
  expect(
    name,
    `${method} ${pathname} answered ${status}, which is not in the OpenAPI document`,
  ).toBeDefined();
  if (method === 'HEAD' || name === undefined || name === 'text' || name === 'events') return;
  expect(String(headers['content-type'])).toMatch(/^application\/json/);
  const validate = validatorOf(operation, status, name);
  if (!validate(JSON.parse(text)))
    expect.fail(
      `${method} ${pathname} ${status} is not as documented: ${ajv.errorsText(validate.errors)}\n${text}`,
    );
}

/** Pages and their forms are no API. */
function isForPeople(path: string): boolean {
  return /^\/(login|logout|actions\/\w+|jobs\/[^/]+(\/proof)?)?$/.test(path);
}

function isRefusedAtTheDoor(status: number): boolean {
  return [400, 408, 413, 417, 421, 431, 501, 503, 505].includes(status);
}

function validatorOf(operation: Operation, status: number, name: string): ValidateFunction {
  const key = `${operation.method} ${operation.path} ${status}`;
  let validate = compiled.get(key);
  if (validate === undefined) {
    const schema = JSON.stringify(schemaOf(operation, status, name)).replaceAll('"#/', '"all#/');
    validate = ajv.compile(JSON.parse(schema));
    compiled.set(key, validate);
  }
  return validate;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
}
