/** A daemon that listens on every address is asked on this machine's own. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Tells at which address a daemon is asked on its own machine. @param host where it listens. */
export function ownAddressOf(host: string): string {
  return ANY_ADDRESS[host] ?? host;
}

/** Writes host and port as a URL has them: an IPv6 address stands in brackets there. */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
