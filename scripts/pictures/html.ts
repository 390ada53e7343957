/** Text for HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A page of one width, for a picture of it. */
export function page({ width, css, body }: { width: number; css: string; body: string }): string {
  return `<!doctype html><meta charset="utf-8"><style>
  * { box-sizing: border-box; margin: 0 }
  body { width: ${width}px; padding: 20px; font: 15px/1.47 "DejaVu Sans", "Liberation Sans", Arial, sans-serif; background: #fff; color: #1d1c1d }
  ${css}</style><body>${body}`;
}
