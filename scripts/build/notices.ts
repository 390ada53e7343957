import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NOTICE_FILE = /^(licen[cs]e|copying|notice)/i;

/** A package of which something is in the bundle. */
export interface BundledPackage {
  name: string;
  version: string;
  /** As its `package.json` names it; older packages do not. */
  license: string | null;
  /** The texts of its licence and notice files. */
  texts: string[];
}

/** The packages that files (`BundledFile.modules`) come from, by name. A package that says nothing of its licence is an error. */
export function packagesOf(modules: Iterable<string>): BundledPackage[] {
  const folders = new Set<string>();
  for (const module of modules) {
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].map(readPackage).toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** The licences of everything in the bundle that is not ours, as one text. */
export function noticesText(packages: readonly BundledPackage[]): string {
  const parts = packages.map(({ name, version, license, texts }) =>
    [`${name} ${version}${license === null ? '' : ` (${license})`}`, ...texts].join('\n\n'),
  );
  return `${['restore-watcher contains parts of these packages.', ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => NOTICE_FILE.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (license === undefined && texts.length === 0)
    throw new Error(`${name} says nothing of its licence: ${folder}`);
  return { name, version, license: license ?? null, texts };
}
