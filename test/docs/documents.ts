import { globSync, readFileSync } from 'node:fs';

/** A fenced block of a document. */
export interface Block {
  file: string;
  /** Of its opening fence. */
  line: number;
  /** `json`, `sh`, `text`… */
  language: string;
  /** What stands behind the language: `config`, `route`… */
  kind: string;
  text: string;
}

/** Every page that people read, by its path from the root. */
export const DOCUMENTS = ['*.md', 'docs/**/*.md', 'test/fixtures/stores/*.md']
  .flatMap((pattern) => globSync(pattern))
  .sort();

/** Reads a document of the repository. */
export function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** The fenced blocks of all documents, in order. */
export function blocks(): Block[] {
  return DOCUMENTS.flatMap(blocksOf);
}

function blocksOf(file: string): Block[] {
  const found: Block[] = [];
  let open: Block | null = null;
  for (const [index, row] of read(file).split('\n').entries()) {
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(row);
    if (fence === null) {
      if (open) open.text += `${row}\n`;
    } else if (open === null) {
      open = { file, line: index + 1, language: fence[1] ?? '', kind: fence[2] ?? '', text: '' };
    } else {
      found.push(open);
      open = null;
    }
  }
  return found;
}
