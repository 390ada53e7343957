import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command, type World } from '../end-to-end/support.ts';
import type { Daemon, Home } from './daemon.ts';
import { fetchOnce } from './fetch-once.ts';

const COMMANDS = ['jobs --json', 'history', 'history --json', 'deliveries --json', 'audit export'];
const PATHS = [
  '/',
  '/readyz',
  '/metrics',
  '/api/v1/jobs',
  '/api/v1/transitions',
  '/api/v1/deliveries',
  '/api/v1/watches',
];

/**
 * Everything that a daemon has let out, by where it stands: answers, what commands say, files, log and messages. Ends the daemon.
 * `jobIds` are asked for one by one.
 */
export async function tracesOf(
  { webhook, slack, smtp }: World,
  home: Home,
  daemon: Daemon & { base: string },
  jobIds: readonly string[],
): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const line of COMMANDS) {
    const { stdout, stderr } = await command(home, line.split(' '));
    seen.set(line, stdout + stderr);
  }
  for (const path of [...PATHS, ...jobIds.map((id) => `/api/v1/jobs/${id}`)]) {
    const reply = await fetchOnce(daemon.base + path);
    seen.set(path, JSON.stringify([...reply.headers]) + (await reply.text()));
  }
  // A database that is in use has a journal beside it.
  for (const [name, text] of await filesOf(home)) seen.set(`${name} of the living`, text);
  await daemon.kill('SIGTERM');
  for (const [name, text] of await filesOf(home)) seen.set(name, text);
  seen.set('the log', daemon.output());
  seen.set('what the webhook got', webhook.received.map(({ body }) => body).join('\n'));
  seen.set('what Slack got', slack.received.map(({ body }) => body).join('\n'));
  seen.set('mails', smtp.received.map(({ raw, mail }) => `${raw}\n${JSON.stringify(mail)}`).join('\n'));
  return seen;
}

/** Every place where one of the words stands, as it is or in base64, with a little of what is around it. */
export function leaksOf(words: readonly string[], seen: ReadonlyMap<string, string>): string[] {
  const forms = words.flatMap((word) => [word, ...inBase64(word)]).map((form) => form.toLowerCase());
  return [...seen].flatMap(([where, text]) => {
    const lower = text.toLowerCase();
    return forms.flatMap((form) => {
      const place = lower.indexOf(form);
      return place < 0 ? [] : [`${where}: ${text.slice(Math.max(0, place - 80), place + 60)}`];
    });
  });
}

/** Three forms, by where the word begins. */
function inBase64(word: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + word).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), -4);
  });
}

/** All but the configuration. */
async function filesOf({ dir, configFile }: Home): Promise<Array<[name: string, text: string]>> {
  const names = (await readdir(dir)).filter((name) => join(dir, name) !== configFile);
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const bytes = await readFile(join(dir, name));
      return [`file ${name}`, `${bytes.toString('latin1')}\n`];
    }),
  );
}
