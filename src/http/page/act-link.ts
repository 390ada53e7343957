import type { Viewer } from '../../views/page/viewer.ts';
import { type Markup, markup } from './markup.ts';

/** Links to the form of an action, for who may act; nothing for everybody else. */
export function actLink(
  viewer: Viewer,
  action: string,
  about: Readonly<Record<string, string>>,
  words: string,
): Markup | null {
  if (viewer !== 'actor') return null;
  return markup`<a class="do" href="/actions/${action}?${new URLSearchParams(about).toString()}">${words}</a>`;
}
