import { QueryFault } from '../../query.ts';
import { markup } from '../markup.ts';
import type { Action } from './action.ts';

/** Sends again what was given up: one delivery, or all of a channel. */
export const redrive: Action = {
  title: (values) => {
    const channel = values.get('channel');
    return channel ? `Send again what was given up for ${channel}` : 'Send one message again';
  },
  button: 'Send again',
  fields: (values) => {
    const name = values.get('channel') ? 'channel' : 'id';
    return markup`<input type="hidden" name="${name}" value="${values.get(name) ?? ''}">`;
  },
  act: async (values, who, { records, record }) => {
    const channel = values.get('channel');
    const id = values.get('id');
    if (!channel && !id) throw new QueryFault('no delivery is named', 'go back to the page and choose one');
    await record({ action: 'redrive', ...(channel ? { channel } : { deliveryId: id ?? '' }), ...who });
    const { redriven } = await records().redrive(
      channel ? { kind: 'given_up', channel } : { kind: 'ids', ids: [id ?? ''] },
    );
    return redriven.length > 0 ? 'redriven' : 'not_redriven';
  },
};
