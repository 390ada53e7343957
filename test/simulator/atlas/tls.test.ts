import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { expect, it } from 'vitest';
import { anAtlas } from './atlas-client.ts';

function pem(name: string): string {
  return readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
}

it('serves https to whoever trusts its certificate authority', async () => {
  const atlas = await anAtlas({ tls: { key: pem('server-key'), cert: pem('server') } });
  expect(atlas.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const request = get(`${atlas.url}/api/atlas/v2/groups`, { ca: pem('ca') });
  const [response] = await once(request, 'response');
  response.resume();
  expect(response.statusCode).toBe(401);
  await expect(fetch(`${atlas.url}/api/atlas/v2/groups`)).rejects.toMatchObject({
    cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  });
});
