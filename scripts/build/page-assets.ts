import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BundledFile } from './bundle.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OWN = join(ROOT, 'src/http/page/assets');
/** Merges what has changed into an open page. */
const MERGER = join(ROOT, 'node_modules/idiomorph/dist/idiomorph.min.js');

/** Copies the files that the page loads beside the bundle, where `src/http/page/assets.ts` looks for them. */
export function copyPageAssets(folder: string): BundledFile[] {
  const sources = [
    ...readdirSync(OWN).map((name) => ({ name, from: join(OWN, name) })),
    { name: 'idiomorph.js', from: MERGER },
  ];
  mkdirSync(join(folder, 'program/assets'), { recursive: true });
  return sources.map(({ name, from }) => {
    const path = `program/assets/${name}`;
    copyFileSync(from, join(folder, path));
    return { name: path, bytes: statSync(from).size, imports: [], modules: [from] };
  });
}
