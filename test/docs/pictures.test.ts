import { readdir, readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { pagesOf, textsOf } from '../../scripts/pictures/files.ts';
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
  expect(page).toContain(stripVTControlCharacters(scenes.why[80]).trimEnd());
});

it('shows every picture in the README or on a page of the documentation', async () => {
  const pages = (await readdir(DOCS)).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(
    [new URL('../README.md', DOCS), ...pages.map((name) => new URL(name, DOCS))].map((url) =>
      readFile(url, 'utf8'),
    ),
  );
  const shown = texts.join('\n');
  for (const { name } of pagesOf(scenes)) expect(shown).toContain(`pictures/${name}.png)`);
});
