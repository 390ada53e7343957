/** `npm run build`: makes the program of the image and the package in `dist/`. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleProgram } from './build/bundle.ts';
import { makeCompileCache } from './build/compile-cache.ts';
import { noticesText, packagesOf } from './build/notices.ts';
import { stampBuild } from './build/source-stamp.ts';

const folder = resolve(import.meta.dirname, '../dist');

rmSync(folder, { recursive: true, force: true });
const files = await bundleProgram(folder);
const packages = packagesOf(files.flatMap(({ modules }) => modules));
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), noticesText(packages));
// It names its interpreter, so that a link to it in a folder of PATH is the command.
chmodSync(join(folder, 'main.js'), 0o755);
await makeCompileCache(folder);
stampBuild(resolve(folder, '..'));
for (const { name, bytes } of files)
  console.log(`${(bytes / 1_000).toFixed(0).padStart(6)} kB  dist/${name}`);
