import { QueryFault } from '../../query.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';

/** Ends a mute before its time. */
export const unmute: Action = {
  title: () => 'End a mute',
  button: 'End it',
  fields: (values) => markup`<input type="hidden" name="id" value="${values.get('id') ?? ''}">`,
  act: async (values, who, { records, record }) => {
    const id = /^[1-9]\d{0,8}$/.exec(values.get('id') ?? '')?.[0];
    if (id === undefined) throw new QueryFault('no mute is named', 'go back to the page and choose one');
    await record({ action: 'unmute', muteId: id, ...who });
    const ended = await records().removeMute(Number(id), who.by);
    if (ended === null) throw new QueryFault('this mute is over already', 'go back to the page');
    return 'unmuted';
  },
};
