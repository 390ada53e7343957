import { type Markup, markup, type Part } from './markup.ts';

/** Where the files are that a page loads. */
export interface AssetPaths {
  css: string;
  scripts: readonly string[];
}

/** What every page has around it. */
export function document(parts: {
  title: string;
  assets: AssetPaths;
  attributes?: Part;
  body: Markup;
}): string {
  const { title, assets, attributes = null, body } = parts;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><meta name="color-scheme" content="light dark"><link rel="stylesheet" href="${assets.css}">
${assets.scripts.map((path) => markup`<script defer src="${path}"></script>`)}</head>
<body${attributes}>${body}</body></html>`.toString();
}
