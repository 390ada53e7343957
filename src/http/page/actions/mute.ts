import type { Timestamp } from '../../../domain/instant.ts';
import { shortId } from '../../../domain/job/restore-job.ts';
import { muteIn } from '../../bodies/mute-body.ts';
import { QueryFault } from '../../query.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** For how long, by the word that the form sends. */
const SPANS: ReadonlyArray<{ word: string; words: string; ms: (now: Timestamp) => number }> = [
  { word: '1h', words: '1 hour', ms: () => HOUR_MS },
  { word: '4h', words: '4 hours', ms: () => 4 * HOUR_MS },
  { word: '24h', words: '24 hours', ms: () => DAY_MS },
  { word: 'monday', words: 'until Monday, 08:00 UTC', ms: (now) => nextMonday(now) - now },
  { word: '7d', words: '7 days', ms: () => 7 * DAY_MS },
];

/** Keeps what happens at a watch, or to a restore, from people for a while. */
export const mute: Action = {
  title: (values) => {
    const job = values.get('job');
    return job ? `Mute restore ${shortId(job)}` : 'Mute';
  },
  button: 'Mute',
  fields: (values, { watches }) => {
    const job = values.get('job');
    const chosen = values.get('for') ?? '1h';
    return [
      job
        ? markup`<input type="hidden" name="job" value="${job}">`
        : markup`<label for="watch">Watch (* for every one)</label><input id="watch" name="watch" required list="watches" value="${values.get('watch') ?? ''}"><datalist id="watches">${watches().map(({ watch }) => markup`<option value="${watch}"></option>`)}</datalist>`,
      markup`<fieldset><legend>For how long</legend>${SPANS.map(({ word, words }) => markup`<label><input type="radio" name="for" value="${word}"${word === chosen ? markup` checked` : null}> ${words}</label>`)}</fieldset>`,
    ];
  },
  act: async (values, { by, reason }, { records, now }) => {
    const span = SPANS.find(({ word }) => word === values.get('for'));
    if (span === undefined) throw new QueryFault('it is not said for how long', 'choose one of the spans');
    const at = now();
    const job = values.get('job');
    const about = job ? { job } : { watch: values.get('watch') };
    const { warnings } = await records().addMute(
      muteIn({ ...about, forMs: span.ms(at), author: by, reason }, at),
    );
    if (warnings.length === 0) return 'muted';
    return job ? 'muted_no_job' : 'muted_no_watch';
  },
};

/** The next Monday at 08:00 UTC that is still ahead. */
function nextMonday(now: Timestamp): Timestamp {
  const at = new Date(now);
  at.setUTCHours(8, 0, 0, 0);
  at.setUTCDate(at.getUTCDate() + ((8 - at.getUTCDay()) % 7));
  return at.getTime() > now ? at.getTime() : at.getTime() + 7 * DAY_MS;
}
