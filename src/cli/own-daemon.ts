import type { StoreAccess } from '../config/store-access.ts';
import { WatcherError } from '../errors.ts';
import { authorityOf, ownAddressOf } from '../net/address/own-address.ts';
import { isLoopbackName } from '../net/loopback.ts';
import { placeOfStore } from '../store/ports/address.ts';
import type { StatusReport } from '../views/status/report.ts';
import type { Cli } from './command.ts';

/** The environment variable that holds the token where neither the command line nor the configuration does. */
export const TOKEN_VARIABLE = 'RESTORE_WATCHER_TOKEN';

/** Where the daemon of a configuration listens; or why that is not known. */
type OwnAddress = { url: string; isLoopback: boolean } | { why: string };

function ownAddress({ server, file }: StoreAccess): OwnAddress {
  if (server === null) return { why: `${file} does not say where it listens` };
  if (server.port === 0) return { why: `${file} has it listen on any free port` };
  const url = `http://${authorityOf(ownAddressOf(server.host), server.port)}`;
  // A slip, or an address with a zone, which no URL can hold.
  if (!URL.canParse(url)) {
    return { why: `server.host ${JSON.stringify(server.host)} of ${file} cannot stand in a URL` };
  }
  return { url, isLoopback: isLoopbackName(new URL(url).hostname) };
}

/**
 * The token that a daemon of this configuration takes: to read, the one that may do no more. `null`: none is known. One that is taken from
 * the configuration goes only to the address that stands beside it.
 */
export function ownToken(
  { parts }: Cli,
  server: StoreAccess['server'],
  purpose: 'read' | 'act',
): string | null {
  const { token = null, viewToken = null } = server ?? {};
  const configured = purpose === 'act' ? token : (viewToken ?? token);
  return configured ?? (parts.env[TOKEN_VARIABLE] || null);
}

/** True when a URL leads to where the daemon of a configuration listens. */
export function isOwnAddress(url: string, access: StoreAccess): boolean {
  const own = ownAddress(access);
  return 'url' in own && hostOf(own.url) === hostOf(url);
}

function hostOf(url: string): string {
  return new URL(url).host.replace(/^localhost(?=:|$)/, '127.0.0.1');
}

/** What came of asking the daemon of a configuration. */
export type OwnAnswer =
  | { kind: 'report'; url: string; report: StatusReport; isOwnStore: boolean }
  /** Somebody answers there, and gives no report. */
  | { kind: 'refused'; why: string }
  /** Nobody answers, or it is not known where to ask. */
  | { kind: 'silent'; why: string };

/**
 * Asks the daemon where the configuration has it listen. Another machine is asked only where `isHere`: plain http would carry the token
 * over the network.
 */
export async function askOwn(cli: Cli, access: StoreAccess, isHere: boolean): Promise<OwnAnswer> {
  const own = ownAddress(access);
  if ('why' in own) return { kind: 'silent', why: own.why };
  const { url, isLoopback } = own;
  if (!isLoopback && !isHere) {
    return { kind: 'silent', why: `${url} is not asked: it may be another machine; --server asks one` };
  }
  const daemon = cli.parts.connectDaemon({ url, token: ownToken(cli, access.server, 'read') });
  try {
    const report = await daemon.status();
    return { kind: 'report', url, report, isOwnStore: report.store.where === placeOfStore(access.store) };
  } catch (thrown) {
    if (!(thrown instanceof WatcherError)) throw thrown;
    return { kind: thrown.code === 'daemon_unreachable' ? 'silent' : 'refused', why: thrown.message };
  } finally {
    await daemon.records.close();
  }
}
