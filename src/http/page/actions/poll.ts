import { type PollAnswer, pollNow } from '../../../views/poll-now.ts';
import { QueryFault } from '../../query.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';
import type { Said } from './said.ts';

/** Asks Atlas at once, whatever schedule and back-off say. */
export const poll: Action = {
  title: (values) => `Poll ${values.get('watch') ?? 'a watch'} now`,
  button: 'Poll now',
  fields: (values) => markup`<input type="hidden" name="watch" value="${values.get('watch') ?? ''}">`,
  act: async (values, who, { record, pollSoon, watches }) => {
    const watch = watches().find((each) => each.watch === values.get('watch'));
    if (watch === undefined) throw new QueryFault('no such watch', 'go back to the page and choose one');
    await record({ action: 'poll', watch: watch.watch, ...who });
    return saidOf(pollNow(watch, pollSoon));
  },
};

function saidOf({ poll: outcome, notAsked }: PollAnswer): Said {
  switch (outcome) {
    case 'begun':
      return notAsked.length > 0 ? 'polled_in_part' : 'polled';
    case 'under_way':
      return notAsked.length > 0 ? 'polled_in_part' : 'poll_follows';
    case 'stopped':
      return 'not_polled';
    case 'elsewhere':
      return 'polled_elsewhere';
  }
}
