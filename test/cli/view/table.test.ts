import { describe, expect, it } from 'vitest';
import { createTable, formatTable } from '../../../src/cli/view/table.ts';

const ROWS = [
  { name: 'orders', text: 'a rather long text that goes on' },
  { name: 'é→x', text: 'short' },
];

describe('a table', () => {
  it('aligns its columns under their titles, by characters', () => {
    const lines = formatTable(
      ROWS,
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'TEXT', value: ({ text }) => text },
      ],
      Number.POSITIVE_INFINITY,
    );
    expect(lines).toEqual(['NAME    TEXT', 'orders  a rather long text that goes on', 'é→x     short']);
  });

  it('shortens only what may be shortened, and only as far as needed', () => {
    const columns = [
      { title: 'NAME', value: ({ name }: (typeof ROWS)[number]) => name },
      { title: 'TEXT', value: ({ text }: (typeof ROWS)[number]) => text, shrinks: true },
    ];
    expect(formatTable(ROWS, columns, 20)).toEqual(['NAME    TEXT', 'orders  a rather lo…', 'é→x     short']);
    expect(formatTable(ROWS, columns, 3)[1]).toBe('orders  a rathe…');
  });

  it('goes on in further lines in a column that may be folded', () => {
    const columns = [
      { title: 'NAME', value: ({ name }: (typeof ROWS)[number]) => name },
      { title: 'TEXT', value: ({ text }: (typeof ROWS)[number]) => text, folds: true },
      { title: 'END', value: () => 'x' },
    ];
    expect(formatTable(ROWS, columns, 30)).toEqual([
      'NAME    TEXT               END',
      'orders  a rather long      x',
      '        text that goes on',
      'é→x     short              x',
    ]);
    expect(formatTable(ROWS, columns, 60)).toHaveLength(3);
  });

  it('colours a cell after it has its length', () => {
    const lines = formatTable(
      ROWS,
      [
        { title: 'NAME', value: ({ name }) => name, paint: (cell) => `<${cell}>` },
        { title: 'TEXT', value: () => 'x' },
      ],
      80,
    );
    expect(lines).toEqual(['NAME    TEXT', '<orders>  x', '<é→x   >  x']);
  });

  it('grows in portions under one line of titles, and no column gets narrower', () => {
    const columns = [
      { title: 'NAME', value: (name: string) => name },
      { title: 'END', value: () => 'x' },
    ];
    const table = createTable();
    expect(table.add(['orders'], columns, 80)).toEqual(['NAME    END', 'orders  x']);
    expect(table.add(['a', 'customers'], columns, 80)).toEqual(['a          x', 'customers  x']);
    expect(table.add(['b'], columns, 80)).toEqual(['b          x']);
  });
});
