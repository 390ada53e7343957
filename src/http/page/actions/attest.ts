import { shortId } from '../../../domain/job/restore-job.ts';
import { attestationIn } from '../../bodies/attestation-body.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';

/** Says whether the data of a restore is what it should be. Its reason is the note of the attestation. */
export const attest: Action = {
  title: (values) => `Attest restore ${shortId(values.get('job') ?? '')}`,
  button: 'Attest',
  fields: (values) => {
    const radio = (value: string, words: string) =>
      markup`<label><input type="radio" name="result" value="${value}" required${values.get('result') === value ? markup` checked` : null}> ${words}</label>`;
    return markup`<input type="hidden" name="job" value="${values.get('job') ?? ''}">
<fieldset><legend>The data</legend>${radio('passed', 'is what it should be')}${radio('failed', 'is not')}</fieldset>
<label for="ticket">Ticket (if there is one)</label><input id="ticket" name="ticket" maxlength="1000" value="${values.get('ticket') ?? ''}">`;
  },
  act: async (values, { by, reason }, { records }) => {
    const ticket = values.get('ticket')?.trim() || null;
    const result = values.get('result');
    await records().attest(attestationIn(values.get('job') ?? '', { result, by, ticket, note: reason }));
    return 'attested';
  },
};
