/** Where a page says what it is. */
const BEGINNING = 1_000;

/** What to do when a page has answered: no receiver of messages answers with one. */
export const PAGE_HINT =
  'this is a page for people, such as a login or an error page: check the address, and what stands in between (a proxy, single sign-on)';

/** True for HTML. */
export function isPage(body: string): boolean {
  return /<(?:!doctype\s+html|html|head|body)\b/i.test(body.slice(0, BEGINNING));
}
