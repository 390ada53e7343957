import { describe, expect, it } from 'vitest';
import { OPEN_SCOPE } from '../../src/domain/telling/mute.ts';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { aMute, HOUR, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { ask, serve } from './serve.ts';

const TOKEN = 'may-act';
const headers = { authorization: `Bearer ${TOKEN}` };

describe('a mute over HTTP', () => {
  it('is ended by somebody who says who it is, as it was set', async () => {
    const { server, store } = await serve({ mutes: [aMute({ until: T0 + HOUR })] }, { token: () => TOKEN });
    const remove = (query: string) =>
      ask(`${server.url}/api/v1/mutes/1${query}`, { method: 'DELETE', headers });
    expect(await remove('')).toMatchObject({ status: 400, body: { error: 'author is missing' } });
    expect(await remove('?author=%20')).toMatchObject({ status: 400 });
    expect(store.content.mutes).toMatchObject([{ removed: null }]);
    expect(await remove('?author=ann')).toMatchObject({ status: 200, body: { removedBy: 'ann' } });
  });

  it('that is longer than anything that is asked for is refused as too large', async () => {
    const { server } = await serve({}, { token: () => TOKEN });
    const { records } = connectDaemon({ url: server.url, token: TOKEN }, { clock: createManualClock(T0) });
    const asked = { ...OPEN_SCOPE, author: 'ann', reason: 'r'.repeat(20_000), every: null, forMs: HOUR };
    await expect(records.addMute(asked)).rejects.toThrow('refuses POST /api/v1/mutes (status 413)');
  });
});
