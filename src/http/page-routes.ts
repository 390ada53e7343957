import type { Hono } from 'hono';
import type { Pages, PagesDeps } from './page/pages.ts';

/**
 * Answers browsers: the page, what it loads, and what it listens to. What renders it is loaded when the first browser asks: a daemon whose
 * page nobody opens holds none of it.
 */
export function addPageRoutes(app: Hono, deps: PagesDeps): void {
  const pages = lazyPages(deps);
  app.get('/', async (c) => (await pages()).overview(c));
  app.get('/jobs/:id', async (c) => (await pages()).job(c, c.req.param('id')));
  app.get('/live', async (c) => (await pages()).live(c));
}

/** Answers what browsers ask for by themselves, to anybody: nothing in it is about this installation. */
export function addPageAssets(app: Hono): void {
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/assets/:file', async (c, next) => {
    const { answerAsset } = await import('./page/assets.ts');
    return (await answerAsset(c)) ?? next();
  });
}

/** Loads them once; after a failure (the files of the program were taken away, say) the next request tries again. */
function lazyPages(deps: PagesDeps): () => Promise<Pages> {
  let loading: Promise<Pages> | null = null;
  return async () => {
    loading ??= import('./page/pages.ts').then(({ createPages }) => createPages(deps));
    try {
      return await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
  };
}
