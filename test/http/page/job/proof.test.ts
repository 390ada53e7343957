import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../../src/errors.ts';
import type { JobProof } from '../../../../src/http/page/job/proof.ts';
import { aJob, anObservation, jobId, T0 } from '../../../support/builders.ts';
import { fetchOnce } from '../../../support/fetch-once.ts';
import { serve } from '../../serve.ts';

const JOB = jobId(1);
const content = { observations: [anObservation(aJob(['finished'], { id: JOB }))] };

function aProof(over: Partial<JobProof> = {}): JobProof {
  return {
    files: [
      { name: 'entry-7.json', text: '{"seq":7}\n' },
      { name: 'entry-7.tlog-proof', text: 'c2sp.org/tlog-proof@v1\n' },
    ],
    ...{ entries: 1, unsigned: 0, signed: { at: T0, size: 9 } },
    ...over,
  };
}

/** What lies in the archive at this address, by name. */
async function unpacked(url: string): Promise<Record<string, string>> {
  const bytes = new Uint8Array(await (await fetchOnce(url)).arrayBuffer());
  return Object.fromEntries(
    Object.entries(unzipSync(bytes)).map(([name, text]) => [name, Buffer.from(text).toString()]),
  );
}

describe('the proof of a restore', () => {
  it('is an archive by the name of the job, with what checks it said in it and no key', async () => {
    const asked: string[] = [];
    const proveJob = async (id: string) => {
      asked.push(id);
      return aProof();
    };
    const { get, server } = await serve(content, { proveJob });
    const { status, headers } = await get(`/jobs/${JOB.slice(0, 8)}/proof`);
    expect(status).toBe(200);
    expect(asked).toEqual([JOB]);
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="restore-${JOB}-proof.zip"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const files = await unpacked(`${server.url}/jobs/${JOB}/proof`);
    expect(Object.keys(files)).toEqual(['README.txt', 'entry-7.json', 'entry-7.tlog-proof']);
    expect(files).toMatchObject({
      'entry-7.json': '{"seq":7}\n',
      'README.txt': expect.stringContaining('--proof'),
    });
    expect(files['README.txt']).not.toContain('left out');
  });

  it('says in it how many entries are not signed yet', async () => {
    const { server } = await serve(content, { proveJob: async () => aProof({ unsigned: 2 }) });
    const files = await unpacked(`${server.url}/jobs/${JOB}/proof`);
    expect(files['README.txt']).toContain('2 entries about it stand behind that checkpoint');
  });

  const damage = new StoreError(
    'damaged',
    'The first 9 entries of the audit log are not those that were signed',
  );
  it.each<[string, () => Promise<JobProof | null>, number, string]>([
    ['nothing is signed yet', async () => null, 409, 'Nothing is signed yet'],
    ['all of it is behind the checkpoint', async () => aProof({ entries: 0, unsigned: 3 }), 409, '3 entries'],
    ['the log does not know it', async () => aProof({ entries: 0 }), 404, 'holds no entry about'],
    [
      'the log is not the one that was signed',
      () => Promise.reject(damage),
      409,
      'not those that were signed',
    ],
    ['the store is away', () => Promise.reject(new StoreError('unavailable', 'gone')), 503, 'cannot be read'],
  ])('is refused in words where %s', async (_what, proveJob, status, words) => {
    const { get } = await serve(content, { proveJob });
    const answer = await get(`/jobs/${JOB}/proof`);
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(answer.text).toContain(words);
    expect(answer.headers['content-disposition']).toBeUndefined();
  });

  it('is refused for what is no id, and for the beginning of several', async () => {
    const ids = ['60800a1b2c3d4e5f60718293', '60800a1b2c3d4e5f60718294'];
    const observations = ids.map((id) => anObservation(aJob([], { id })));
    const { get } = await serve({ observations }, { proveJob: async () => aProof() });
    const several = await get('/jobs/60800a1b/proof');
    expect(several.status).toBe(409);
    for (const id of ids) expect(several.text).toContain(`/jobs/${id}`);
    expect((await get('/jobs/!/proof')).status).toBe(404);
  });

  it('is for who may read', async () => {
    let made = 0;
    const proveJob = async () => {
      made += 1;
      return aProof();
    };
    const { get } = await serve(content, { proveJob, token: () => 'may-act', viewToken: 'may-look' });
    const path = `/jobs/${JOB}/proof`;
    expect((await get(path)).status).toBe(401);
    const browser = await get(path, { accept: 'text/html' });
    expect(browser).toMatchObject({
      status: 303,
      headers: { location: `/login?to=${encodeURIComponent(path)}` },
    });
    expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect(made).toBe(0);
    expect((await get(path, { authorization: 'Bearer may-look' })).status).toBe(200);
    expect(made).toBe(1);
  });

  it('is made one at a time and for few who wait, and holds nobody else up', async () => {
    const [held, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let inHand = 0;
    const most: number[] = [];
    const proveJob = async () => {
      inHand += 1;
      most.push(inHand);
      begun.resolve();
      await held.promise;
      inHand -= 1;
      return aProof();
    };
    const { get } = await serve(content, { proveJob });
    const path = `/jobs/${JOB}/proof`;
    const first = get(path);
    await begun.promise;
    const waiting = [first, get(path), get(path), get(path)];
    await expect.poll(async () => (await get(path)).status).toBe(503);
    expect((await get(`/jobs/${JOB}`)).status).toBe(200);
    held.resolve();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(Math.max(...most)).toBe(1);
  });

  it('holds up no stop', async () => {
    const begun = Promise.withResolvers<void>();
    const proveJob = (_id: string, signal: AbortSignal) =>
      new Promise<null>((_done, fail) => {
        signal.addEventListener('abort', () => fail(signal.reason));
        begun.resolve();
      });
    const { get, server } = await serve(content, { proveJob, closeGraceMs: 600_000 });
    const asked = get(`/jobs/${JOB}/proof`);
    await begun.promise;
    await Promise.all([server.close(), asked.then(({ status }) => expect(status).toBe(503))]);
  });
});
