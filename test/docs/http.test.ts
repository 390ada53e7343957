import { expect, it } from 'vitest';
import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { read } from './documents.ts';

it('the page about HTTP has a row for each thing that is served, in the words of the OpenAPI document', () => {
  const rows = OPERATIONS.map(({ method, path, access, summary }) => {
    const who = { open: 'anybody', read: 'who may read', act: 'who may act' }[access];
    return `| \`${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}\` | ${who} | ${summary} |`;
  });
  const table = read('docs/http.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(table).toEqual(rows);
});
