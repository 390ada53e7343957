import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { pagesOf, textsOf } from '../../scripts/pictures/files.ts';
import { makeScenes } from '../../scripts/pictures/scenes.ts';

const PICTURES = new URL('../../docs/pictures/', import.meta.url);

it.each(textsOf(makeScenes()))(
  'what is pictured in %s is what a person gets (npm run pictures renews it)',
  async (name, text) => {
    expect(await readFile(new URL(name, PICTURES), 'utf8')).toBe(text);
  },
);

it('shows every picture in the README', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  for (const { name } of pagesOf(makeScenes())) expect(readme).toContain(`](docs/pictures/${name}.png)`);
});
