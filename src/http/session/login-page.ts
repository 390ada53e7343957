import { type AssetPaths, document } from '../page/document.ts';
import { markup } from '../page/markup.ts';

/** Why a login was refused, in words for whoever tried. */
const WORDS = {
  wrong: 'No such token. It is the value of server.token (may act) or server.viewToken (may look).',
  held: 'Another try from your address is still being answered. Wait a few seconds, then try again.',
} as const;

/** What the login page says. */
export interface LoginPage {
  /** Where the login leads to: a path of ours. */
  to: string;
  refused: keyof typeof WORDS | null;
}

/** Renders the login page; it works without script. */
export function renderLogin({ to, refused }: LoginPage, assets: AssetPaths): string {
  const fault =
    refused === null ? null : markup`<p class="notice" id="refused" role="alert">${WORDS[refused]}</p>`;
  const describedBy = refused === null ? null : markup` aria-describedby="refused" aria-invalid="true"`;
  return document({
    title: 'Log in · restore-watcher',
    assets: { ...assets, scripts: [] },
    body: {
      top: markup`<h1>restore-watcher</h1>`,
      main: markup`<section class="card login" aria-labelledby="login-title"><h2 id="login-title">Log in</h2>
${fault}<form class="act" method="post" action="/login"><input type="hidden" name="to" value="${to}">
<label for="token">Token</label><input id="token" name="token" type="password" required autofocus autocomplete="current-password"${describedBy}>
<button>Log in</button></form>
<p class="quiet">One token may act, the other may look. Both stand in the configuration of the daemon: <code>server.token</code>, <code>server.viewToken</code>.</p></section>`,
    },
  });
}
