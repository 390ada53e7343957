import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { noticesText, packagesOf } from '../../scripts/build/notices.ts';

const files = inject('bundledFiles');

function fileNamed(name: string) {
  const file = files.find((each) => each.name === name);
  if (!file) throw new Error(`there is no ${name} among ${files.map((each) => each.name).join(', ')}`);
  return file;
}

/** Source files as they stand in `src/`, and the names of packages. */
function partsOf({ modules }: { modules: string[] }): string[] {
  const parts = modules.map(
    (path) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? relative('src', path),
  );
  return [...new Set(parts)].filter((part) => !part.includes('rolldown'));
}

describe('the program of the image', () => {
  it('loads nothing but Node and its own files', () => {
    const own = new Set(files.map(({ name }) => name.replace('program/', '')));
    const foreign = files.flatMap(({ name, imports }) =>
      imports
        .filter(
          (each) =>
            !own.has(each) && !builtinModules.includes(each.replace('node:', '')) && each !== 'node:sqlite',
        )
        .map((each) => `${name}: ${each}`),
    );
    expect(foreign).toEqual([]);
  });

  it('asks for health with neither store nor configuration schema nor command line nor log', () => {
    const parts = partsOf(fileNamed('main.js'));
    expect(parts.filter((part) => !part.endsWith('.ts'))).toEqual(['jsonc-parser']);
    expect(parts.filter((part) => /^(store|channels|source|watcher|logging|app)\//.test(part))).toEqual([
      'app/early-signals.ts',
    ]);
    expect(parts.length).toBeLessThan(20);
    expect(fileNamed('main.js').imports.filter((each) => /http|crypto|stream|zlib/.test(each))).toEqual([]);
    expect(fileNamed('main.js').bytes).toBeLessThan(80_000);
  });

  it('loads for a daemon neither mail nor templates nor routes nor the simulator, until something asks for them', () => {
    const loaded = new Set(['program/composition.js']);
    for (const name of loaded) {
      for (const each of fileNamed(name).imports) {
        if (files.some((file) => file.name === `program/${each}`)) loaded.add(`program/${each}`);
      }
    }
    const parts = [...loaded].flatMap((name) => partsOf(fileNamed(name)));
    expect(parts).toEqual(expect.arrayContaining(['kysely', 'zod', 'channels/webhook/webhook.ts']));
    const rare =
      /^(nodemailer|liquidjs|hono|@hono\/node-server|smtp-server|postal-mime|simulator\/.*|app\/demo\.ts)$/;
    expect(parts.filter((part) => rare.test(part))).toEqual([]);
  });

  it('never loads HTTP/2, which nothing here speaks', () => {
    expect(files.flatMap(({ imports }) => imports).filter((each) => each.includes('http2'))).toEqual([]);
  });

  it('stays within a size', () => {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(4_500_000);
  });

  it('brings the licence of everything that it contains', () => {
    const packages = packagesOf(files.flatMap(({ modules }) => modules));
    expect(packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['zod', 'kysely', 'nodemailer', 'smtp-server', '@slack/webhook', 'liquidjs']),
    );
    for (const { name, license, texts } of packages) {
      expect(license ?? texts[0], name).toBeTruthy();
      expect(noticesText(packages)).toContain(`${name} `);
    }
    expect(noticesText(packages)).toContain('Permission is hereby granted');
  });
});
