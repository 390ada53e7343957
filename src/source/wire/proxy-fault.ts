import { SourceError } from '../../errors.ts';

/** The codes of a connection that could not be made. */
const UNREACHED = /ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|CONNECT_TIMEOUT/;

/**
 * The error for a fault that lies with a proxy on the way to `url`; `null` for any other fault. Told by what the fault itself says:
 * a tunnel that was refused, or an address that is not the one we asked for. Whether there is a proxy, only Node knows.
 */
export function proxyError(fault: unknown, url: string): SourceError | null {
  const status = refusedTunnel(fault);
  if (status !== null) return tunnelError(status, new URL(url).host);
  if (fault instanceof Error && 'code' in fault && fault.code === 'ERR_PROXY_TUNNEL') {
    return new SourceError('unavailable', `the proxy cut the way to ${new URL(url).host}`, {
      retryable: true,
      hint: 'Check that HTTPS_PROXY names an HTTP proxy, and that it lets us through.',
    });
  }
  const elsewhere = unreachedElsewhere(fault, new URL(url));
  if (elsewhere === null) return null;
  return new SourceError('unavailable', `no answer from the proxy ${elsewhere.place} (${elsewhere.code})`, {
    retryable: true,
    hint: `Check HTTPS_PROXY, and that the proxy runs. If ${new URL(url).hostname} needs none, name it in NO_PROXY.`,
  });
}

function tunnelError(status: number, host: string): SourceError {
  if (status >= 500) {
    return new SourceError('unavailable', `the proxy does not reach ${host} (${status})`, {
      retryable: true,
      hint: 'Check the host of baseUrl, and whether the proxy can reach it.',
    });
  }
  const hint =
    status === 407
      ? 'Put a user and a password into HTTPS_PROXY: http://user:password@host:port (characters such as @ percent-encoded).'
      : `Have the proxy let us through to ${host}; if no proxy is needed, name the host in NO_PROXY.`;
  const refusal = status === 407 ? 'wants a login' : `does not let us through to ${host}`;
  return new SourceError('refused', `the proxy ${refusal} (${status})`, { hint });
}

/** The status with which a proxy refused a tunnel. node:https gives it a code and a field; undici a text, two causes down. */
function refusedTunnel(fault: unknown): number | null {
  for (let error = fault; error instanceof Error; error = error.cause) {
    if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
    const status = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
    if (status !== undefined) return Number(status);
  }
  return null;
}

/** Where a connection or a look-up failed, if that is not where `url` leads. */
function unreachedElsewhere(fault: unknown, url: URL): { place: string; code: string } | null {
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
