/** The codes of a connection that could not be made. */
const UNREACHED = /ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT/;

/** A fault that lies with a proxy. */
export interface ProxyFault {
  kind: 'proxy' | 'proxy_refuses';
  code: string | null;
  say: (who: string) => string;
  hint: string;
}

/**
 * The fault that lies with a proxy on the way to `url`; `null` for any other. Told by what the fault itself says: a tunnel that was
 * refused, or an address that is not the one we asked for. Whether there is a proxy, only Node knows.
 * @param setting that holds the address, for the hint.
 */
export function proxyFault(fault: unknown, url: URL, setting: string): ProxyFault | null {
  if (!(fault instanceof Error)) return null;
  if ('statusCode' in fault && typeof fault.statusCode === 'number') {
    return refusedTunnel(fault.statusCode, url, setting);
  }
  if ('code' in fault && (fault.code === 'ERR_PROXY_TUNNEL' || fault.code === 'ERR_PROXY_INVALID_CONFIG')) {
    return {
      kind: 'proxy',
      code: null,
      say: (who) => `the proxy cut the way to ${who}`,
      hint: 'Check that HTTPS_PROXY names an HTTP proxy, and that it lets us through.',
    };
  }
  const elsewhere = unreachedElsewhere(fault, url);
  if (elsewhere === null) return null;
  return {
    kind: 'proxy',
    code: elsewhere.code,
    say: () => `no answer from the proxy ${elsewhere.place} (${elsewhere.code})`,
    hint: `Check HTTPS_PROXY, and that the proxy runs. If ${url.hostname} needs none, name it in NO_PROXY.`,
  };
}

/** What to do about a 407, whether it refuses a tunnel or stands in for the answer. */
export const PROXY_LOGIN =
  'Put a user and a password into HTTPS_PROXY: http://user:password@host:port (characters such as @ percent-encoded).';

/** The same for an answer of 407 where Atlas was asked. */
export const PROXY_ON_THE_WAY = `A proxy on the way wants a login. ${PROXY_LOGIN}`;

function refusedTunnel(status: number, { host }: URL, setting: string): ProxyFault {
  const code = String(status);
  if (status >= 500) {
    return {
      kind: 'proxy',
      code,
      say: (who) => `the proxy does not reach ${who} (${status})`,
      hint: `Check the host of ${setting}, and whether the proxy can reach it.`,
    };
  }
  if (status === 407) {
    return {
      kind: 'proxy_refuses',
      code,
      say: () => 'the proxy wants a login (407)',
      hint: PROXY_LOGIN,
    };
  }
  return {
    kind: 'proxy_refuses',
    code,
    say: (who) => `the proxy does not let us through to ${who} (${status})`,
    hint: `Have the proxy let us through to ${host}; if no proxy is needed, name the host in NO_PROXY.`,
  };
}

/** Where a connection or a look-up failed, if that is not where `url` leads. */
function unreachedElsewhere(fault: Error, url: URL): { place: string; code: string } | null {
  // A name with several addresses fails with all of their faults.
  const first = fault instanceof AggregateError ? fault.errors[0] : fault;
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return null;
  const { code } = first;
  if ('hostname' in first && first.hostname !== bare(url.hostname) && /ENOTFOUND|EAI_AGAIN/.test(code)) {
    return { place: String(first.hostname), code };
  }
  const ownPort = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if ('address' in first && 'port' in first && first.port !== ownPort && UNREACHED.test(code)) {
    return { place: `${first.address}:${first.port}`, code };
  }
  return null;
}

/** An IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
