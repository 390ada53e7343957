/** The environment variables that name proxies. */
export const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const;

/** The first of these variables whose value is not the address of a proxy. */
export function brokenProxy(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return PROXY_VARIABLES.find((name) => env[name] && !/^https?:$/.test(protocolOf(env[name])));
}

function protocolOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol : '';
}
