import { type Markup, markup, type Part } from './markup.ts';

/** Where the files are that a page loads. */
export interface AssetPaths {
  css: string;
  /** For what stands in the record. */
  recordCss: string;
  scripts: readonly string[];
}

/** The three parts of a page, each without the element that holds it. */
export interface PageParts {
  top: Part;
  main: Part;
  footer?: Part;
}

/** What every page has around it. The first stop of a keyboard leads past the top of the page. */
export function document(parts: {
  title: string;
  assets: AssetPaths;
  hasRecord?: boolean;
  attributes?: Part;
  body: PageParts;
}): string {
  const { attributes = null, body } = parts;
  const { top, main, footer = null } = body;
  return [documentHead(parts), bodyStart({ attributes, top }), markup`${main}`, bodyEnd(footer)].join('');
}

/** The first piece of a document, for who sends it in pieces: with it, a browser can fetch what the page loads. */
export function documentHead({
  title,
  assets,
  hasRecord = false,
}: {
  title: string;
  assets: AssetPaths;
  /** It shows what stands in the record, from its beginning on. */
  hasRecord?: boolean;
}): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><meta name="color-scheme" content="light dark">${sheet(assets.css)}${hasRecord && sheet(assets.recordCss)}
${assets.scripts.map((path) => markup`<script defer src="${path}"></script>`)}</head>
`.toString();
}

/** Has a style sheet loaded. Within a body, nothing that follows is laid out before it is there, and all that comes before is drawn meanwhile. */
export function sheet(path: string): Markup {
  return markup`<link rel="stylesheet" href="${path}">`;
}

/** What follows the head, as far as to the beginning of what the page is about. */
export function bodyStart({ attributes, top }: { attributes: Part; top: Part }): string {
  return markup`<body${attributes}><a class="skip" href="#main">Skip to the content</a>
<header class="top">${top}</header>
<main id="main" tabindex="-1">`.toString();
}

/** The last piece of a document. */
export function bodyEnd(footer: Part): string {
  return markup`</main>${
    footer &&
    markup`
<footer class="quiet">${footer}</footer>`
  }</body></html>`.toString();
}
