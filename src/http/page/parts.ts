import { createHash } from 'node:crypto';
import { raw } from 'hono/html';
import { type Markup, markup } from './markup.ts';

/**
 * Has an element of a section stand by itself: where it is all that has changed, open pages are sent it alone. Elements of the same id in one
 * section are parts of it only once; the others stand where they are.
 * @param element starts with this tag and this id.
 * @param madeOf all that the element is made of: as long as each of these is the same value, it is not rendered again. Without it, it always is.
 */
export type PartMaker = (
  tag: string,
  id: string,
  element: () => Markup,
  madeOf?: readonly unknown[],
) => Markup;

/** An element that stands by itself. */
interface RenderedPart {
  tag: string;
  /** The empty element that stands for it. */
  place: Markup;
  html: string;
  mark: string;
  madeOf: readonly unknown[] | undefined;
}

/** A section as it stands. */
export interface RenderedSection {
  /** A word that changes with it. */
  mark: string;
  /** All of it. */
  readonly html: string;
  /** The same with an empty element in the place of each part. */
  frame: string;
  parts: ReadonlyMap<string, RenderedPart>;
}

/** What makes of a section as it was a section as it is. */
export interface SectionPatch {
  /** `null`: it is as it was. Its empty elements stand for parts, which stay as they are unless they are among `parts`. */
  frame: string | null;
  /** Elements by their ids. */
  parts: Readonly<Record<string, string>>;
}

/** Renders a section. The same text as `before`: the same mark, and what did not change of it is not made again. */
export function renderSection(
  section: (part: PartMaker) => Markup,
  before: RenderedSection | null,
): RenderedSection {
  const parts = new Map<string, RenderedPart>();
  const frame = section((tag, id, element, madeOf) => {
    if (parts.has(id)) return element();
    const rendered = renderPart({ tag, id, element, madeOf }, before?.parts.get(id));
    parts.set(id, rendered);
    return rendered.place;
  }).toString();
  if (before !== null && before.frame === frame && isSame(before.parts, parts)) return before;
  let whole: string | null = null;
  return {
    mark: markOf([frame, ...[...parts.values()].map(({ mark }) => mark)].join('\n')),
    get html() {
      whole ??= frame.replaceAll(EMPTY_PART, (_empty, _tag, id: string) => parts.get(id)?.html ?? '');
      return whole;
    },
    ...{ frame, parts },
  };
}

/** What a page is sent that shows the section as it was before. */
export function patchOf(before: RenderedSection, now: RenderedSection): SectionPatch {
  return {
    frame: before.frame === now.frame ? null : now.frame,
    parts: Object.fromEntries(
      [...now.parts]
        .filter(([id, { mark }]) => before.parts.get(id)?.mark !== mark)
        .map(([id, { html }]) => [id, html]),
    ),
  };
}

/** No text of anybody's can look like this: its `<` is escaped. */
const EMPTY_PART = /<([a-z]+) id="([^"]*)" data-part><\/\1>/g;

function renderPart(
  {
    tag,
    id,
    element,
    madeOf,
  }: { tag: string; id: string } & Pick<RenderedPart, 'madeOf'> & { element: () => Markup },
  before: RenderedPart | undefined,
): RenderedPart {
  if (before?.tag === tag && isMadeOfSame(before.madeOf, madeOf)) return before;
  const html = element().toString();
  if (before?.tag === tag && before.html === html) return { ...before, madeOf };
  const place = markup`<${raw(tag)} id="${id}" data-part></${raw(tag)}>`;
  return { tag, place, html, mark: markOf(html), madeOf };
}

function isMadeOfSame(one: readonly unknown[] | undefined, other: readonly unknown[] | undefined): boolean {
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  return one.every((value, index) => value === other[index]);
}

function isSame(one: RenderedSection['parts'], other: RenderedSection['parts']): boolean {
  return one.size === other.size && [...other].every(([id, { mark }]) => one.get(id)?.mark === mark);
}

function markOf(text: string): string {
  return createHash('sha1').update(text).digest('base64url').slice(0, 8);
}
