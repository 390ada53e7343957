import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Context } from 'hono';
import { encode } from '../compress.ts';
import type { AssetPaths } from './document.ts';

/** Beside this file in a checkout, beside the bundle in a build. */
const FOLDER = join(import.meta.dirname, 'assets');
/** Where the merger of HTML lies in a checkout; a build has it in `FOLDER`. */
const MERGER = 'idiomorph/dist/idiomorph.min.js';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;
const A_YEAR = 'public, max-age=31536000, immutable';

/** A file that a page loads. */
interface Asset {
  path: string;
  text: string;
  type: string;
}

/** The files that pages load. Their paths hold a hash of what is in them, so that a browser may keep them. */
export interface Assets {
  readonly paths: AssetPaths;
  readonly all: readonly Asset[];
}

let read: Assets | null = null;

/**
 * Reads them, once.
 * @throws {Error} when one of them cannot be read: a checkout without `npm ci`, or a build that was taken apart.
 */
export function readAssets(): Assets {
  if (read !== null) return read;
  const css = readAsset('page', 'css', join(FOLDER, 'page.css'));
  const recordCss = readAsset('record', 'css', join(FOLDER, 'record.css'));
  const merger = join(FOLDER, 'idiomorph.js');
  const scripts = [
    readAsset(
      'idiomorph',
      'js',
      existsSync(merger) ? merger : createRequire(import.meta.filename).resolve(MERGER),
    ),
    readAsset('page', 'js', join(FOLDER, 'page.js')),
  ];
  read = {
    paths: { css: css.path, recordCss: recordCss.path, scripts: scripts.map(({ path }) => path) },
    all: [css, recordCss, ...scripts],
  };
  return read;
}

function readAsset(name: string, ending: keyof typeof TYPES, file: string): Asset {
  const text = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { path: `/assets/${name}.${hash}.${ending}`, text, type: TYPES[ending] };
}

/** Answers with a file; `null`: there is none of this path. */
export async function answerAsset(c: Context): Promise<Response | null> {
  const asset = readAssets().all.find(({ path }) => path === c.req.path);
  if (asset === undefined) return null;
  const { body, headers } = await encode(asset.text, c.req.header('accept-encoding'));
  return c.body(new Uint8Array(body), 200, {
    ...headers,
    'Content-Type': asset.type,
    'Cache-Control': A_YEAR,
  });
}
