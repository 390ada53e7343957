import { setGlobalProxyFromEnv } from 'node:http';
import { brokenProxy, PROXY_VARIABLES } from './proxy-variables.ts';
import { passwordsOf } from './redact/secret-parts.ts';

/** Nobody means a proxy for these; Node would ask it all the same. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'];

/**
 * From now on requests, to Atlas and channels alike, go through the proxies that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`,
 * and the hosts exempted by `NO_PROXY`). Loopback addresses never do.
 * @returns how to end that; or a fault, for people, and nothing has changed. The address of a proxy may hold a password: it is not quoted.
 */
export function useProxies(
  env: Readonly<Record<string, string | undefined>>,
): { restore: () => void } | { fault: string } {
  const broken = brokenProxy(env);
  if (broken !== undefined) {
    return { fault: `${broken} is not the address of a proxy; expected "http://host:port"` };
  }
  const exempted = [env.no_proxy || env.NO_PROXY || '', ...LOOPBACK].filter(Boolean);
  const noProxy = exempted[0] === '*' ? '*' : exempted.join(',');
  return { restore: setGlobalProxyFromEnv({ ...env, no_proxy: noProxy, NO_PROXY: noProxy }) };
}

/** The passwords in the addresses of proxies: secrets that stand in no configuration. */
export function proxyPasswords(env: Readonly<Record<string, string | undefined>>): string[] {
  return PROXY_VARIABLES.flatMap((name) => passwordsOf(env[name] ?? ''));
}
