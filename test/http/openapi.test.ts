import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { ask, serve } from './serve.ts';

describe('the OpenAPI document', () => {
  it('is one, of version 3.1', async () => {
    const result = await new Validator().validate(structuredClone(openApiDocument('1.2.3')));
    expect(result).toEqual({ valid: true });
    expect(openApiDocument('1.2.3')).toMatchObject({ openapi: '3.1.1', info: { version: '1.2.3' } });
  });

  it('is served', async () => {
    const { get } = await serve();
    expect(await get('/api/v1/openapi.json')).toMatchObject({ status: 200, body: openApiDocument('1.2.3') });
  });

  it('needs the token where one is set', async () => {
    const { get } = await serve({}, { token: () => 'a-token' });
    expect((await get('/api/v1/openapi.json')).status).toBe(401);
  });

  it('names each operation once', () => {
    const names = Object.values(
      openApiDocument('1').paths as Record<string, Record<string, { operationId: string }>>,
    )
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(OPERATIONS.length);
    expect(names).toContain('getApiV1JobsId');
  });

  it('says only of what is answered page by page that it takes limit and cursor, and each route takes no other', async () => {
    const { get } = await serve();
    const paths = openApiDocument('1').paths as Record<
      string,
      Record<string, { parameters: Array<{ name: string }> }>
    >;
    for (const { method, path } of OPERATIONS.filter(
      (each) => each.path.startsWith('/api/') && each.method === 'get',
    )) {
      const names = paths[path.replace(':id', '{id}')]?.[method]?.parameters.map(({ name }) => name) ?? [];
      for (const parameter of path.endsWith('openapi.json') ? [] : ['limit', 'cursor']) {
        const { status, body } = await get(
          `${path.replace(':id', '0123456789abcdef01234567')}?${parameter}=x`,
        );
        const isUnknown = status === 400 && String(body.error).startsWith('unknown parameter');
        expect({ path, parameter, isUnknown }).toEqual({
          path,
          parameter,
          isUnknown: !names.includes(parameter),
        });
      }
    }
  });

  it.each(
    OPERATIONS.filter(({ method }) => method === 'get').map((operation) => [operation.path, operation]),
  )('describes what is served at %s', async (path) => {
    const { server } = await serve();
    // A stream has no end.
    const method = path === '/api/v1/events' ? 'HEAD' : 'GET';
    const { status } = await ask(server.url + path.replace(':id', '0123456789abcdef01234567'), { method });
    expect([200, 404]).toContain(status);
  });
});
