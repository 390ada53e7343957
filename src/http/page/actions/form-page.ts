import { type AssetPaths, document } from '../document.ts';
import { markup } from '../markup.ts';
import type { Action, ActionDeps, FormValues } from './action.ts';

/** The longest reason and name. */
const LONGEST = 500;

/** Renders the form of an action; it works without script. `fault` is why it could not be done as it was asked for. */
export function renderForm(
  name: string,
  action: Action,
  values: FormValues,
  { to, fault, deps }: { to: string; fault: string | null; deps: ActionDeps },
  assets: AssetPaths,
): string {
  const title = action.title(values);
  return document({
    title: `${title} · restore-watcher`,
    assets: { ...assets, scripts: [] },
    body: {
      top: markup`<h1><a href="/">restore-watcher</a></h1>`,
      main: markup`<section class="card login" aria-labelledby="act-title"><h2 id="act-title">${title}</h2>
${fault === null ? null : markup`<p class="notice" role="alert">${fault}</p>`}<form class="act" method="post" action="/actions/${name}">
<input type="hidden" name="to" value="${to}">${action.fields(values, deps)}
<label for="reason">Why</label><input id="reason" name="reason" required maxlength="${LONGEST}" autofocus value="${values.get('reason') ?? ''}">
<label for="name">Your name (if others use the same token)</label><input id="name" name="name" maxlength="100" autocomplete="name" value="${values.get('name') ?? ''}">
<button>${action.button}</button></form>
<p class="quiet">The audit log keeps who and why. <a href="${to}">Back without doing it</a></p></section>`,
    },
  });
}

/** Reads why somebody acts; `null`: it is not said, or at too great a length. */
export function reasonIn(values: FormValues): string | null {
  const reason = values.get('reason')?.trim() ?? '';
  return reason === '' || reason.length > LONGEST ? null : reason;
}

/** Reads who acts: the token is what the daemon knows, the name what somebody says. */
export function authorOf(values: FormValues): string {
  const name = values.get('name')?.trim().slice(0, 100) ?? '';
  return name === '' ? 'server.token' : `${name} (server.token)`;
}
