import type { Context, Hono } from 'hono';
import type { BadgeDeps } from './badge/badges.ts';
import type { ProofDeps } from './page/job/proof.ts';
import type { PagesDeps } from './page/pages.ts';
import type { LoginDeps } from './session/login.ts';

/**
 * Answers browsers: the page, what it loads, and what it listens to. What renders it is loaded when the first browser asks: a daemon whose
 * page nobody opens holds none of it.
 */
export function addPageRoutes(app: Hono, deps: PagesDeps): void {
  const pages = lazily(async () => (await import('./page/pages.ts')).createPages(deps));
  app.get('/', async (c) => (await pages()).overview(c));
  app.get('/jobs/:id', async (c) => (await pages()).job(c, c.req.param('id')));
  app.get('/actions/:name', async (c) => (await pages()).form(c, c.req.param('name')));
  app.post('/actions/:name', async (c) => (await pages()).act(c, c.req.param('name')));
  app.get('/live', async (c) => (await pages()).live(c));
}

/** Answers with the proofs of restores. They take longer than a turn at the store may, and have turns of their own. */
export function addProofs(app: Hono, deps: ProofDeps): void {
  const proofs = lazily(async () => (await import('./page/job/proof.ts')).createProofs(deps));
  app.get('/jobs/:id/proof', async (c) => (await proofs()).answer(c, c.req.param('id')));
}

/** Answers what browsers ask for by themselves, to anybody: nothing in it is about this installation. */
export function addPageAssets(app: Hono): void {
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/assets/:file', async (c, next) => {
    const { answerAsset } = await import('./page/assets.ts');
    return (await answerAsset(c)) ?? next();
  });
}

/** Seconds. Proxies of pages that show badges keep them otherwise for as long as they like. */
const BADGES_KEPT_FOR = 30;

/** Who may see badges. */
export interface BadgeRules extends BadgeDeps {
  /** They are shown to anybody: what lies between may hand on to one what it has got for another. */
  publicBadges: () => boolean;
}

/**
 * Answers with badges.
 * @returns what answers at one place of the order of routes, while `isShown` says so; whoever asks otherwise goes on to what is demanded of
 *   everybody.
 */
export function badgeRoutes(deps: BadgeRules): (app: Hono, isShown: () => boolean) => void {
  const badges = lazily(async () => (await import('./badge/badges.ts')).createBadges(deps));
  return (app, isShown) => {
    app.get('/badge/:file{.+[.]svg}', async (c, next) => {
      if (!isShown()) return next();
      const svg = await (await badges()).of(c.req.param('file').slice(0, -'.svg'.length));
      if (svg === null) return next();
      return c.body(svg, 200, {
        'Content-Type': 'image/svg+xml; charset=utf-8',
        'Cache-Control': `${deps.publicBadges() ? 'public' : 'private'}, max-age=${BADGES_KEPT_FOR}`,
      });
    });
  };
}

/** Lets browsers log in and out, which needs no token. */
export function addLogin(app: Hono, deps: LoginDeps): void {
  const login = lazily(async () => (await import('./session/login.ts')).createLogin(deps));
  app.get('/login', async (c) => (await login()).show(c));
  app.post('/login', async (c) => (await login()).enter(c));
  app.post('/logout', async (c) => (await login()).leave(c));
}

/** Which methods besides reading a path of the page takes. */
export function formsAt(path: string): string[] {
  return /^\/(login|logout|actions\/[a-z]+)$/.test(path) ? ['POST'] : [];
}

/** True when a person with a browser asks, who can be shown where to log in. */
export function isAskedByBrowser(c: Context): boolean {
  return c.req.method === 'GET' && /\btext\/html\b/.test(c.req.header('accept') ?? '');
}

/** Sends a browser to the login, and from there back to what it asked for. */
export function sendToLogin(c: Context): Response {
  const { pathname, search } = new URL(c.req.url);
  const asked = pathname + search;
  return c.redirect(asked === '/' ? '/login' : `/login?${new URLSearchParams({ to: asked })}`, 303);
}

/** Loads a part once; after a failure (the files of the program were taken away, say) the next request tries again. */
function lazily<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loading: Promise<Part> | null = null;
  return async () => {
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
  };
}
