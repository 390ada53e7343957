import { describe, expect, it } from 'vitest';
import { aJob, anObservation } from '../support/builders.ts';
import { TEN_FORMS, WANTED } from '../support/id-forms.ts';
import { serve } from './serve.ts';

const OTHER = '6b0a99999999999999990001';
const observations = [WANTED, OTHER].map((id) => anObservation(aJob([], { id })));

describe('the id of a job, over HTTP', () => {
  it('is understood in ten forms', async () => {
    const { get } = await serve({ observations });
    for (const form of TEN_FORMS.filter((each) => !each.includes('/'))) {
      expect((await get(`/api/v1/jobs/${encodeURIComponent(form)}`)).body).toMatchObject({ id: WANTED });
      const { status } = await get(`/api/v1/transitions?job=${encodeURIComponent(form)}`);
      expect(status).toBe(200);
    }
    const { status } = await get(`/api/v1/transitions?job=${encodeURIComponent('orders/6b0a…005b')}`);
    expect(status).toBe(200);
  });

  it('that may be several is answered with 409 and those that may be meant', async () => {
    const { get } = await serve({ observations });
    const { status, body } = await get('/api/v1/jobs/6b0a');
    expect(status).toBe(409);
    expect(body).toMatchObject({
      error: '6b0a may be one of 2 jobs',
      hint: expect.any(String),
      candidates: [{ id: OTHER }, { id: WANTED }],
    });
    // In a path it names something that is not there; as a parameter it is a fault of the request.
    expect(await get('/api/v1/jobs/x!')).toMatchObject({ status: 404 });
    expect(await get('/api/v1/transitions?job=x!')).toMatchObject({ status: 400 });
  });
});
