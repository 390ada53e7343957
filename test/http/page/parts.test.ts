import { describe, expect, it } from 'vitest';
import { markup } from '../../../src/http/page/markup.ts';
import { type PartMaker, patchOf, renderSection } from '../../../src/http/page/parts.ts';

interface Row {
  id: string;
  text: string;
  madeOf?: readonly unknown[];
}

function list(rows: readonly Row[], title = 'Rows', onRender: (id: string) => void = () => {}) {
  return (part: PartMaker) =>
    markup`<section id="s"><h2>${title}</h2><ul>${rows.map(({ id, text, madeOf }) =>
      part(
        ...(['li', id] as const),
        () => {
          onRender(id);
          return markup`<li id="${id}">${text}</li>`;
        },
        madeOf,
      ),
    )}</ul></section>`;
}

const [one, two] = [
  { id: 'r1', text: 'one' },
  { id: 'r2', text: 'two' },
];

describe('a section with parts', () => {
  it('is whole in a page, with each part in its place', () => {
    expect(renderSection(list([one, two]), null).html).toBe(
      '<section id="s"><h2>Rows</h2><ul><li id="r1">one</li><li id="r2">two</li></ul></section>',
    );
  });

  it('is the same one while nothing of it changes', () => {
    const before = renderSection(list([one, two]), null);
    expect(renderSection(list([one, two]), before)).toBe(before);
    expect(renderSection(list([one, two]), null).mark).toBe(before.mark);
  });

  it('sends the part alone that has changed', () => {
    const before = renderSection(list([one, two]), null);
    const now = renderSection(list([one, { ...two, text: 'new' }]), before);
    expect(now.mark).not.toBe(before.mark);
    expect(patchOf(before, now)).toEqual({ frame: null, parts: { r2: '<li id="r2">new</li>' } });
  });

  it('sends what stands around the parts without them, and a part that has come', () => {
    const before = renderSection(list([one]), null);
    const now = renderSection(list([two, one], 'More'), before);
    expect(patchOf(before, now)).toEqual({
      frame:
        '<section id="s"><h2>More</h2><ul><li id="r2" data-part></li><li id="r1" data-part></li></ul></section>',
      parts: { r2: '<li id="r2">two</li>' },
    });
  });

  it('does not render a part again that is made of the same', () => {
    const rendered: string[] = [];
    const render = (rows: readonly Row[], before: ReturnType<typeof renderSection> | null) =>
      renderSection(
        list(rows, 'Rows', (id) => rendered.push(id)),
        before,
      );
    const rows = [
      { ...one, madeOf: ['a', 1] },
      { ...two, madeOf: ['b', 1] },
    ];
    const before = render(rows, null);
    const now = render([rows[0] ?? one, { ...two, text: 'new', madeOf: ['b', 2] }], before);
    expect(rendered).toEqual(['r1', 'r2', 'r2']);
    expect(now.html).toContain('<li id="r1">one</li><li id="r2">new</li>');
  });

  it('keeps two elements of the same id, and text that looks like a part', () => {
    const hostile = '<li id="r1" data-part></li>';
    const { html } = renderSection(list([one, { id: 'r1', text: hostile }], hostile), null);
    const escaped = '&lt;li id=&quot;r1&quot; data-part&gt;&lt;/li&gt;';
    expect(html).toBe(
      `<section id="s"><h2>${escaped}</h2><ul><li id="r1">one</li><li id="r1">${escaped}</li></ul></section>`,
    );
  });
});
