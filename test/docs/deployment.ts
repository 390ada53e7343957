import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

export const DEPLOY = 'config/deploy';

/** The text of a file of this project. */
export const read = (path: string): string => readFileSync(path, 'utf8');

/** A YAML file below `config/deploy`. */
// biome-ignore lint/suspicious/noExplicitAny: what a YAML file holds is what the assertions are about.
export const yaml = (path: string): any => parse(read(join(DEPLOY, path)));

/** A configuration as the files for deployment bring it, with a file behind every secret; and the names of those files. */
export async function loaded(path: string) {
  const asked: string[] = [];
  const config = await loadConfig(path, {
    env: {},
    text: read(path),
    readFile: async (file) => {
      asked.push(file);
      return contentOf(file);
    },
  });
  return { config, secrets: [...new Set(asked.map((file) => file.replace('/run/secrets/', '')))] };
}

function contentOf(file: string): string {
  if (file.endsWith('database-url')) return 'postgres://watcher:pw@db.example.com:5432/watcher\n';
  if (file.endsWith('url')) return 'https://hooks.slack.com/services/T0/B0/x\n';
  if (file.endsWith('-ca')) return read('test/fixtures/tls/ca.pem');
  return `of ${file}\n`.replaceAll(/[ /]/g, '-');
}
