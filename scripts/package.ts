/**
 * `npm pack` calls it: `before` puts the `package.json` of the package in the place of ours, `after` brings ours back. Npm takes the file
 * that it finds, and has no other way to leave something out.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Manifest, packagedManifest } from './package/manifest.ts';

const ours = resolve('package.json');
const aside = resolve('package.json.aside');

/**
 * Also of a packing that was killed: ours lies aside then, and that of the package in its place. Anything else in its place was put there
 * since, and is the newer one.
 */
function bringBack(): void {
  if (!existsSync(aside)) return;
  const kept = readFileSync(aside, 'utf8');
  if (readFileSync(ours, 'utf8') === packagedText(kept)) renameSync(aside, ours);
  else rmSync(aside);
}

function packagedText(text: string): string {
  return `${JSON.stringify(packagedManifest(JSON.parse(text) as Manifest), null, 2)}\n`;
}

const [step] = process.argv.slice(2);
bringBack();
if (step === 'before') {
  const text = readFileSync(ours, 'utf8');
  writeFileSync(aside, text);
  writeFileSync(ours, packagedText(text));
} else if (step !== 'after') {
  throw new Error('say "before" or "after"');
}
