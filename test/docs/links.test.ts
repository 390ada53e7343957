import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, read } from './documents.ts';

interface Link {
  file: string;
  target: string;
}

const links: Link[] = DOCUMENTS.flatMap((file) =>
  [...withoutBlocks(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ file, target })),
);
const relative = links.filter(({ target }) => !/^[a-z]+:/.test(target));

describe('the documents', () => {
  it('link to one another', () => {
    expect(relative.length).toBeGreaterThan(50);
  });

  it('lead to no file that is not there', () => {
    const broken = relative.filter(({ file, target }) => !existsSync(pathOf(file, target)));
    expect(broken).toEqual([]);
  });

  it('lead to no heading that is not there', () => {
    const broken = relative.filter(({ file, target }) => {
      const [, anchor] = target.split('#');
      return anchor !== undefined && !headingsOf(pathOf(file, target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('name no source file that is not there', () => {
    const named = DOCUMENTS.filter((file) => file !== 'CHANGELOG.md').flatMap((file) =>
      [...read(file).matchAll(/`([\w./-]+\/[\w.-]+\.ts)`/g)].map(([, path = '']) => ({ file, path })),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(({ path }) => !existsSync(path) && !existsSync(join('src', path)))).toEqual([]);
  });

  it('are all named by the contents of docs/ or by the README', () => {
    const named = new Set(
      relative.map(({ file, target }) => join(dirname(file), target.split('#')[0] ?? '')),
    );
    const unnamed = DOCUMENTS.filter(
      (file) => !['README.md', 'docs/README.md'].includes(file) && !named.has(file),
    );
    expect(unnamed).toEqual([]);
  });
});

function pathOf(file: string, target: string): string {
  const [path = ''] = target.split('#');
  return path === '' ? file : join(dirname(file), path);
}

/** As they are turned into anchors where the documents are read. */
function headingsOf(path: string): string[] {
  if (statSync(path).isDirectory()) return [];
  return [...withoutBlocks(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutBlocks(text: string): string {
  return text.replace(/^\s*```[\s\S]*?^\s*```/gm, '');
}
