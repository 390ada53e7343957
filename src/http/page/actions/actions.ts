import type { Context } from 'hono';
import { toError, WatcherError } from '../../../errors.ts';
import { formOf } from '../../form-body.ts';
import { QueryFault } from '../../query.ts';
import { returnPath } from '../../session/return-path.ts';
import { readAssets } from '../assets.ts';
import { htmlAnswer } from '../html-answer.ts';
import type { Action, ActionDeps, FormValues } from './action.ts';
import { attest } from './attest.ts';
import { authorOf, reasonIn, renderForm } from './form-page.ts';
import { mute } from './mute.ts';
import { poll } from './poll.ts';
import { redrive } from './redrive.ts';
import { withSaid } from './said.ts';
import { unmute } from './unmute.ts';

const ACTIONS: Readonly<Record<string, Action>> = { mute, unmute, redrive, poll, attest };

/** The forms of the page and what they do. Whoever gets here may act. */
export interface Actions {
  /** `GET /actions/{name}`; `null`: there is no such action. */
  show(c: Context, name: string): Promise<Response> | null;
  /** `POST /actions/{name}`: does it and goes back to the page, which says so; shows the form again where it cannot be done. */
  act(c: Context, name: string): Promise<Response> | null;
}

/** Makes the actions of the page. */
export function createActions(deps: ActionDeps): Actions {
  const show = (
    c: Context,
    name: string,
    action: Action,
    values: FormValues,
    fault: string | null = null,
  ): Promise<Response> => {
    const to = returnPath(values.get('to'));
    return htmlAnswer(
      c,
      renderForm(name, action, values, { to, fault, deps }, readAssets().paths),
      fault ? 400 : 200,
    );
  };
  const act = async (c: Context, name: string, action: Action): Promise<Response> => {
    const values = await formOf(c);
    const reason = reasonIn(values);
    if (reason === null) return show(c, name, action, values, 'Say why, in 500 characters at most.');
    try {
      const said = await action.act(values, { by: authorOf(values), reason }, deps);
      return c.redirect(withSaid(returnPath(values.get('to')), said), 303);
    } catch (thrown) {
      const fault = faultWords(toError(thrown));
      if (fault === null) throw thrown;
      return show(c, name, action, values, fault);
    }
  };
  const actionOf = (name: string): Action | null =>
    Object.hasOwn(ACTIONS, name) ? (ACTIONS[name] ?? null) : null;
  return {
    show: (c, name) => {
      const action = actionOf(name);
      return action === null ? null : show(c, name, action, new URL(c.req.url).searchParams);
    },
    act: (c, name) => {
      const action = actionOf(name);
      return action === null ? null : act(c, name, action);
    },
  };
}

/** Why it cannot be done as asked; `null`: that is no fault of whoever asks. */
function faultWords(error: Error): string | null {
  if (error instanceof QueryFault) return `${error.message}: ${error.hint}`;
  const isTheirs =
    error instanceof WatcherError && (error.code === 'not_found' || /^(unfit|ambiguous)/.test(error.code));
  return isTheirs ? [error.message, error.hint ?? ''].filter(Boolean).join('. ') : null;
}
