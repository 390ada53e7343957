import { readdir, readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { filesOf, pagesOf, textsOf } from '../../scripts/pictures/files.ts';
import { makeScenes } from '../../scripts/pictures/scenes.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const PICTURES = new URL('pictures/', DOCS);
const scenes = await makeScenes();

it.each(textsOf(scenes))(
  'what is pictured in %s is what a person gets (npm run pictures renews it)',
  async (name, text) => {
    expect(await readFile(new URL(name, PICTURES), 'utf8')).toBe(text);
  },
);

it('shows the explanation of a job on the page for whoever is on call', async () => {
  const page = await readFile(new URL('on-call.md', DOCS), 'utf8');
  expect(page).toContain(stripVTControlCharacters(scenes.why).trimEnd());
});

/** What the live pictures are of, and what must be seen in each. */
const LIVE: Array<[name: string, command: RegExp, seen: string[]]> = [
  [
    'status',
    /^restore-watcher status$/,
    [
      'things are wrong',
      'watch sessions: since',
      'instead of every 1 s',
      'watch carts: not polled',
      'SEES',
      'ACCEPTS',
      'Mute 1',
    ],
  ],
  [
    'why',
    /^restore-watcher history \w{4}…\w{4} --why$/,
    ['not told', 'mute 1', 'given up', 'waits for the digest', 'routes[3]'],
  ],
  ['wait', /^restore-watcher wait orders$/, ['Waiting for 3 jobs', 'finished', '43 %', 'FROM → TO']],
];

it.each(LIVE.flatMap(([name, ...more]) => [80, 120].map((columns) => [name, columns, ...more] as const)))(
  'pictures %s in a terminal of %i columns, as the program printed it',
  async (name, columns, command, seen) => {
    const read = (kind: string) => readFile(new URL(`${name}-${columns}.${kind}`, PICTURES), 'utf8');
    const [text, svg] = [await read('txt'), await read('svg')];
    const typed = />\$ ([^<]*)</.exec(svg)?.[1] ?? '';
    expect(typed).toMatch(command);
    expect(filesOf({ name, command: typed, columns, text })[1]).toEqual([`${name}-${columns}.svg`, svg]);
    const plain = stripVTControlCharacters(text);
    expect(Math.max(...plain.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    const words = plain.replaceAll(/\s+/g, ' ');
    for (const each of seen) expect(words).toContain(each);
  },
);

it('shows every picture in the README or on a page of the documentation', async () => {
  const pages = (await readdir(DOCS)).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(
    [new URL('../README.md', DOCS), ...pages.map((name) => new URL(name, DOCS))].map((url) =>
      readFile(url, 'utf8'),
    ),
  );
  const shown = texts.join('\n');
  for (const { name } of pagesOf(scenes)) expect(shown).toContain(`pictures/${name}.png)`);
  for (const [name] of LIVE)
    for (const columns of [80, 120]) expect(shown).toContain(`pictures/${name}-${columns}.svg)`);
});
