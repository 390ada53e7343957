import { describe, expect, it } from 'vitest';
import { createSharedVault } from '../../src/app/shared-vault.ts';
import { StoreError } from '../../src/errors.ts';
import type { SharedMembership } from '../../src/store/ports/leases.ts';
import type { SealedToken, TokenStore } from '../../src/store/ports/replicas/tokens.ts';
import { AUTH, CLIENT_SECRET, createOauthWorld, json, ORIGIN } from '../source/login/oauth-world.ts';
import { aConnection, get } from '../source/support.ts';
import { aJoining } from '../support/joining.ts';
import { openReplicaStores } from '../support/replica-stores.ts';
import { createSteppingClock } from '../support/stepping-clock.ts';

const HOUR_MS = 3_600_000;

/** Replicas that use one service account, over one store, or with what stands in its place. */
async function aWorld(names: readonly string[], instead?: TokenStore) {
  const oauth = createOauthWorld();
  const clock = createSteppingClock();
  const stores = openReplicaStores(() => clock.now());
  const join = async (name: string): Promise<TokenStore> =>
    instead ?? ((await stores.open().join(aJoining({ name }))) as SharedMembership);
  const start = async (name: string) => {
    const tokens = await join(name);
    const vault = createSharedVault(tokens, CLIENT_SECRET);
    return {
      tokens,
      vault,
      connection: aConnection(ORIGIN, { auth: AUTH, fetch: oauth.fetch, clock, vault }),
    };
  };
  const replicas = await Promise.all(names.map(start));
  const readAll = () => Promise.all(replicas.map(({ connection }) => get(connection)));
  return { oauth, clock, replicas, readAll, start };
}

describe('replicas that use one service account', () => {
  it('make one token for all of them, also when they begin at once, and one more when it is about to end', async () => {
    const { oauth, clock, readAll, start } = await aWorld(['a', 'b', 'c']);
    await Promise.all([readAll(), readAll()]);
    expect(oauth.asked).toHaveLength(1);
    await clock.step(HOUR_MS - 200_000);
    await readAll();
    expect(oauth.asked).toHaveLength(2);
    await get((await start('d')).connection);
    expect(oauth.asked).toHaveLength(2);
    expect(new Set(oauth.reads.map(({ token }) => token)).size).toBe(2);
  });

  it('replace one that Atlas refuses once for all', async () => {
    const { oauth, clock, readAll } = await aWorld(['a', 'b', 'c']);
    await readAll();
    await clock.step(120_000);
    const refused = oauth.reads.at(-1)?.token;
    oauth.onRead = () =>
      oauth.reads.at(-1)?.token === refused
        ? json(401, {}, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
        : json(200, { fine: true });
    await readAll();
    await readAll();
    expect(oauth.asked).toHaveLength(2);
  });

  it('leave nothing in the store that can be read without the secret', async () => {
    const kept = new Map<string, SealedToken>();
    const tokens: TokenStore = {
      readToken: async (key) => kept.get(key) ?? null,
      keepToken: async (key, token) => void kept.set(key, token),
      renewToken: async (key, make) => {
        const made = await make(kept.get(key) ?? null);
        if (made) kept.set(key, made);
      },
    };
    const { oauth, readAll } = await aWorld(['a'], tokens);
    await readAll();
    const [[key = '', token] = []] = [...kept];
    const { accessToken } = (await createSharedVault(tokens, CLIENT_SECRET).read(key)) ?? {};
    expect(accessToken).toBe(oauth.reads[0]?.token);
    const bytes = Buffer.from(token?.sealed ?? '', 'base64').toString('latin1');
    for (const secret of [accessToken ?? '', CLIENT_SECRET])
      expect(bytes + token?.sealed + key).not.toContain(secret);
    expect(await createSharedVault(tokens, 'another secret').read(key)).toBeNull();
    if (token) kept.set('another key', token);
    expect(await createSharedVault(tokens, CLIENT_SECRET).read('another key')).toBeNull();
  });

  it('ask for a token each where the store is away, and wait for nobody', async () => {
    const away = () => Promise.reject(new StoreError('unavailable', 'the store is away'));
    const { oauth, readAll } = await aWorld(['a', 'b'], {
      readToken: away,
      keepToken: away,
      renewToken: away,
    });
    await readAll();
    await readAll();
    expect(oauth.asked).toHaveLength(2);
  });

  it('use a token that could not be kept', async () => {
    const tokens: TokenStore = {
      readToken: async () => null,
      keepToken: async () => {},
      renewToken: async (_key, make) => {
        await make(null);
        throw new StoreError('unavailable', 'the commit failed');
      },
    };
    const { oauth, readAll } = await aWorld(['a'], tokens);
    await readAll();
    await readAll();
    expect(oauth.asked).toHaveLength(1);
  });

  it('hear what Atlas says of the credential', async () => {
    const { oauth, readAll } = await aWorld(['a']);
    oauth.tokenReplies.push(() => json(401, { error: 'invalid_client' }));
    await expect(readAll()).rejects.toMatchObject({ reason: 'auth' });
  });
});
