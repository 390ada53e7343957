import { describe, expect, it } from 'vitest';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { aJob, anAttestationRequest, anObservation, jobId, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { ask, serve } from './serve.ts';

const TOKEN = 'may-act';
const OBSERVATIONS = [
  anObservation(aJob(['finished'], { id: jobId(1) })),
  anObservation(aJob([], { id: jobId(2) })),
];

async function post(id: string, body: unknown, token = TOKEN) {
  const content = { observations: OBSERVATIONS };
  const { server, store } = await serve(content, { token: () => TOKEN, viewToken: 'may-read' });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const at = `${server.url}/api/v1/jobs/${encodeURIComponent(id)}/attestation`;
  const answer = await ask(at, { method: 'POST', headers, body: JSON.stringify(body) });
  return { ...answer, kept: store.content.attestations };
}

const SAID = { result: 'passed', by: 'ann', ticket: 'OPS-17', note: '4,211 rows', cleanUp: 'open' };

describe('an attestation over HTTP', () => {
  it('is kept for the job that any form of its id names, and stands in the view of the job', async () => {
    const short = `${jobId(1).slice(0, 4)}…${jobId(1).slice(-4)}`;
    const { status, body, kept } = await post(short, SAID);
    expect({ status, body }).toEqual({
      status: 201,
      body: { id: 1, jobId: jobId(1), at: new Date(T0).toISOString(), ...SAID },
    });
    expect(kept).toEqual([{ id: 1, jobId: jobId(1), at: T0, ...SAID }]);
    const { server } = await serve({ observations: OBSERVATIONS, attestations: kept });
    for (const path of [`/api/v1/jobs/${jobId(1)}`, `/api/v1/jobs?job=${jobId(1)}`]) {
      const found = (await ask(`${server.url}${path}`)).body as Record<string, unknown>;
      const [job] = Array.isArray(found.items) ? found.items : [found];
      expect(job).toMatchObject({ attested: 'passed', attestations: [body] });
    }
    expect((await ask(`${server.url}/api/v1/jobs/${jobId(2)}`)).body).toMatchObject({
      attested: null,
      attestations: [],
    });
  });

  it.each([
    [{ ...SAID, by: undefined }, 'by is missing'],
    [{ ...SAID, by: ' ' }, 'by cannot be that'],
    [{ ...SAID, result: undefined }, 'result is missing'],
    [{ ...SAID, result: 'fine' }, 'result cannot be that'],
    [{ ...SAID, note: 'n'.repeat(1_001) }, 'note cannot be that'],
    [{ ...SAID, cleanUp: 'maybe' }, 'cleanUp cannot be that'],
    [{ ...SAID, rows: 7 }, 'unknown key "rows"'],
  ])('with %j is refused', async (body, error) => {
    expect(await post(jobId(1), body)).toMatchObject({ status: 400, body: { error }, kept: [] });
  });

  it('of a restore that runs, or that nobody knows, is refused', async () => {
    const running = await post(jobId(2), SAID);
    expect(running).toMatchObject({ status: 400, kept: [] });
    expect(running.body).toMatchObject({ error: expect.stringContaining('has not ended') });
    expect(await post(jobId(7), SAID)).toMatchObject({ status: 404, kept: [] });
    expect(await post('?', SAID)).toMatchObject({ status: 404, kept: [] });
    expect(await post(jobId(1).slice(0, 6), SAID)).toMatchObject({ status: 409, kept: [] });
  });

  it('takes the token that may act', async () => {
    expect(await post(jobId(1), SAID, 'may-read')).toMatchObject({ status: 403, kept: [] });
    expect(await post(jobId(1), SAID, 'none')).toMatchObject({ status: 401, kept: [] });
  });

  it('is made and refused from afar as beside the store', async () => {
    const { server, store } = await serve({ observations: OBSERVATIONS }, { token: () => TOKEN });
    const clock = createManualClock(T0);
    const { records } = connectDaemon({ url: server.url, token: TOKEN }, { clock });
    const { jobId: job, at: _at, ...said } = anAttestationRequest();
    const made = await records.attest({ job, ...said });
    expect([made]).toEqual(store.content.attestations);
    const { items } = await records.listJobs({ jobId: jobId(1), limit: 9 });
    expect(items).toMatchObject([{ attestations: [made] }]);
    await expect(records.attest({ job: jobId(2), ...said })).rejects.toMatchObject({ code: 'unfit_request' });
    await expect(records.attest({ job: '?', ...said })).rejects.toMatchObject({ code: 'unfit_id' });
    await expect(records.attest({ job: jobId(7), ...said })).rejects.toMatchObject({ code: 'not_found' });
  });
});
