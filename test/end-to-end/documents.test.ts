import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { clusterJob, finish } from '../../src/simulator/atlas/scenario.ts';
import { blocks } from '../docs/documents.ts';
import type { Home } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { awaken, command, settle, startWorld, until, WEBHOOK_SECRET } from './support.ts';

interface CommandLine {
  /** `docs/on-call.md:31` */
  place: string;
  words: string[];
}

/** The job that the documents speak of. */
const JOB_ID = '60800a1b2c3d4e5f60718293';
const PROJECT = '5f0e1d2c3b4a596877665544';
const SERVER_TOKEN = 'a-token-that-is-long-enough';
const VIEW_TOKEN = 'another-that-is-long-enough';

const lines = blocks()
  .filter(({ language }) => language === 'sh')
  .flatMap(({ file, line, text }) =>
    joined(text).flatMap((row, index) =>
      row
        .replace(/\s#.*$/, '')
        .split(/&&| \| /)
        .map((one) => ({ place: `${file}:${line + index + 1}`, words: wordsOf(one) }))
        .filter(({ words }) => words.length > 0),
    ),
  );

/** The rows of a text, each with those that a backslash makes a part of it. */
function joined(text: string): string[] {
  return text.replaceAll(/\\\n\s*/g, '').split('\n');
}

const OURS = /^(npm run -s restore-watcher --|restore-watcher)( |$)/;

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

describe('the command lines that the documents show', () => {
  it('all begin with a program that is known here', () => {
    const known = /^(npm|npx|git|source|restore-watcher|docker|kubectl|curl|jq|atlas|pg_dump|pg_restore)$/;
    expect(lines.filter(({ words: [program = ''] }) => !known.test(program))).toEqual([]);
  });

  it('name scripts that the package has', () => {
    const named = lines.filter(({ words: [program] }) => program === 'npm').map(scriptOf);
    expect(named.filter((script) => script !== 'ci' && !(script in scripts))).toEqual([]);
  });

  it('name files that the checkout has', () => {
    const named = lines.flatMap(({ words }) => words.filter((word, at) => words[at - 1] === '-f' && word));
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('are taken by the program, beside a daemon', async () => {
    const world = await startWorld();
    for (const name of ['orders', 'staging-orders']) world.atlas.addInstance(PROJECT, name, 'cluster');
    const createdAt = Number.parseInt(JOB_ID.slice(0, 8), 16) * 1_000;
    world.atlas.putJob(
      PROJECT,
      'orders',
      finish(createdAt + 840_000)(clusterJob({ id: JOB_ID, createdAt, instance: 'orders' })),
    );
    const home = await settle(
      world.config({
        watches: ['orders', 'staging-orders'].map((name) =>
          world.watch({ name, kind: 'cluster', groupId: PROJECT, instanceName: name }),
        ),
        channels: [
          { name: 'oncall', type: 'slack', url: world.slack.url },
          { name: 'siem', type: 'webhook', url: world.webhook.url, secret: WEBHOOK_SECRET },
        ],
        routes: [{ events: ['*'], channels: ['oncall', 'siem'] }],
        server: { host: '127.0.0.1', port: 0, token: SERVER_TOKEN, viewToken: VIEW_TOKEN },
      }),
    );
    // A proof needs a checkpoint, and a daemon that stops makes one.
    await (await aReadyDaemon(home)).kill('SIGTERM');
    const daemon = await aReadyDaemon(home);

    for (const { words } of lines.filter(({ words: [program] }) => program === 'curl')) {
      const asked = curlOf(words);
      const reply = await fetchOnce(daemon.base + asked.path, asked);
      expect({ words, ok: reply.ok }).toEqual({ words, ok: true });
    }

    // `healthcheck` asks at the port that the configuration names.
    const config = await readFile(home.configFile, 'utf8');
    await writeFile(home.configFile, config.replace('"port": 0', `"port": ${new URL(daemon.base).port}`));
    const unique = new Map(
      lines
        // One logs in somewhere, the other wants the daemon stopped: their own tests do that.
        .filter(({ words }) => OURS.test(words.join(' ')) && !NOT_HERE.some((word) => words.includes(word)))
        .map(({ place, words }) => [argumentsOf(words).join('\u0000'), { place, args: argumentsOf(words) }]),
    );
    const limit = pLimit(3);
    const ends = await Promise.all(
      [...unique.values()].map(({ place, args }) =>
        limit(async () => ({ place, args, ...(await command(home, besideDaemon(args, daemon.base))) })),
      ),
    );
    const refused = ends.filter(({ code }) => code !== 0);
    expect(refused).toEqual([]);
  });
});

async function aReadyDaemon(home: Home) {
  const daemon = await awaken(home);
  await until(async () => (await fetchOnce(`${daemon.base}/readyz`)).ok, 'a daemon that is ready');
  return daemon;
}

const NOT_HERE = ['init', 'migrate'];

/** Words as a shell takes them apart, with our values for its variables, from the program on. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) =>
    (double ?? single ?? bare ?? '')
      .replaceAll('$SERVER_TOKEN', SERVER_TOKEN)
      .replaceAll('$VIEW_TOKEN', VIEW_TOKEN)
      .replaceAll('$id', JOB_ID)
      // What a variable is set to, or a pipeline is made of.
      .replace(/^\w+=\$\(/, ''),
  );
  return words.slice(
    Math.max(
      0,
      words.findIndex((word) => !/^[A-Z_]+=/.test(word)),
    ),
  );
}

function argumentsOf(words: readonly string[]): string[] {
  return words.slice(words[0] === 'npm' ? words.indexOf('--') + 1 : 1);
}

/** The daemon of the documents is elsewhere, and whoever reads them has a name. */
function besideDaemon(args: readonly string[], base: string): string[] {
  const at = args.indexOf('--server') + 1;
  const isNameless = args[0] === 'mute' && /^(add|remove)$/.test(args[1] ?? '') && !args.includes('--author');
  return [
    ...(at === 0 ? args : [...args.with(at, base), '--token', VIEW_TOKEN]),
    ...(isNameless ? ['--author', 'ann'] : []),
  ];
}

function scriptOf({ words }: CommandLine): string {
  const [, first = ''] = words;
  return first === 'run' ? (words.find((word, at) => at > 1 && !word.startsWith('-')) ?? '') : first;
}

function curlOf(words: readonly string[]) {
  const after = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
  const [name = '', value = ''] = (words.includes('-H') ? (after('-H') ?? '') : '').split(': ');
  const url = words.find((word) => word.startsWith('http')) ?? '';
  return {
    method: words.includes('-X') ? (after('-X') ?? 'GET') : 'GET',
    headers: name === '' ? {} : { [name]: value },
    path: new URL(url).pathname,
    ...(words.includes('-d') ? { body: after('-d') ?? '' } : {}),
  };
}
