/** Where a page may send a browser on to: a path of ours, never another host. Anything else is the overview. */
export function returnPath(given: string | null | undefined): string {
  if (given === null || given === undefined || !/^\/(?![/\\])/.test(given)) return '/';
  const url = URL.parse(given, 'http://own');
  return url === null || url.host !== 'own' ? '/' : `${url.pathname}${url.search}`;
}
