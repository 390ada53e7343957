import { markup, type Part } from './markup.ts';

/** Where the files are that a page loads. */
export interface AssetPaths {
  css: string;
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
  attributes?: Part;
  body: PageParts;
}): string {
  const { title, assets, attributes = null, body } = parts;
  const { top, main, footer = null } = body;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><meta name="color-scheme" content="light dark"><link rel="stylesheet" href="${assets.css}">
${assets.scripts.map((path) => markup`<script defer src="${path}"></script>`)}</head>
<body${attributes}><a class="skip" href="#main">Skip to the content</a>
<header class="top">${top}</header>
<main id="main" tabindex="-1">${main}</main>${
    footer &&
    markup`
<footer class="quiet">${footer}</footer>`
  }</body></html>`.toString();
}
