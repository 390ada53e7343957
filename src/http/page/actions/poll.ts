import { QueryFault } from '../../query.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';

/** Asks Atlas at once, whatever schedule and back-off say. */
export const poll: Action = {
  title: (values) => `Poll ${values.get('watch') ?? 'a watch'} now`,
  button: 'Poll now',
  fields: (values) => markup`<input type="hidden" name="watch" value="${values.get('watch') ?? ''}">`,
  act: async (values, who, { record, pollSoon, watches }) => {
    const watch = values.get('watch') ?? '';
    if (!watches().includes(watch))
      throw new QueryFault('no such watch', 'go back to the page and choose one');
    await record({ action: 'poll', watch, ...who });
    pollSoon(watch);
    return 'polled';
  },
};
