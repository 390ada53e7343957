/**
 * Fetches over a connection of its own. One that was kept from before may be closed by a server whose loop has stood still in the
 * very moment when it is used again (`ECONNRESET`), which says nothing about the server.
 */
export function fetchOnce(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('connection', 'close');
  return fetch(url, { ...init, headers });
}
