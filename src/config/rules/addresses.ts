import { isLoopbackName } from '../../net/loopback.ts';
import {
  apiNamedBy,
  hasPathToDrop,
  httpUrlFault,
  isForeignHost,
  isMailAddress,
  isTimeZone,
  normaliseBaseUrl,
  smtpUrlFault,
} from '../addresses.ts';
import { entriesOf, type Rule, type RuleContext } from './rule.ts';

/** `baseUrl` is an address without query and fragment. A path of Atlas in it is told of where it decides nothing. */
export const baseUrlsAreOrigins: Rule = ({ config, fault, warn, found }) => {
  for (const [index, { name, baseUrl, allowHttp }] of entriesOf(config.connections)) {
    if (baseUrl === undefined) continue;
    const path = ['connections', index, 'baseUrl'];
    const problem = httpUrlFault(baseUrl, allowHttp ?? false) ?? extras(baseUrl);
    if (problem !== null) {
      fault(
        path,
        `expected an address such as "https://cloud.mongodb.com", found ${found(path)}: ${problem}`,
      );
    } else if (hasPathToDrop(baseUrl) && !doesPathDecide(baseUrl, name, config)) {
      const used = normaliseBaseUrl(baseUrl);
      warn(path, `the path of the API is added by the watcher; the one here is ignored (used is "${used}")`);
    }
  }
};

/** Legacy jobs are read from Atlas or from Ops Manager, and there the path may be what tells which. */
function doesPathDecide(baseUrl: string, name: string | undefined, config: RuleContext['config']): boolean {
  const tells = apiNamedBy(baseUrl) === 'public' || isForeignHost(baseUrl);
  return (
    tells &&
    entriesOf(config.watches).some(
      ([, { kind, connection = name }]) => kind === 'legacy' && connection === name,
    )
  );
}

function extras(baseUrl: string): string | null {
  const { search, hash } = new URL(baseUrl);
  return search !== '' || hash !== '' ? 'a "?" or "#" does not belong in it' : null;
}

/** A channel is reached by https, or by http where that is allowed. */
export const channelUrlsAreUsable: Rule = ({ config, fault, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (!('url' in channel) || channel.url === undefined) continue;
    const path = ['channels', index, 'url'];
    const problem = httpUrlFault(channel.url, channel.allowHttp ?? false);
    if (problem !== null) fault(path, `expected an https address, found ${found(path)}: ${problem}`);
  }
};

/** Of an address, in characters: fifteen of them have to fit into one message of Slack. */
const PUBLIC_URL_LIMIT = 200;

/** `server.publicUrl` is an address that messages can lead to. Nothing is sent there by the watcher, so plain http may stand anywhere. */
export const publicUrlLeadsSomewhere: Rule = ({ config, fault, warn, found }) => {
  const url = config.server?.publicUrl;
  if (url === undefined || url === '') return;
  const path = ['server', 'publicUrl'];
  const problem = httpUrlFault(url, true) ?? extras(url) ?? tooLong(url);
  if (problem === null) {
    if (new URL(url).pathname !== '/')
      warn(
        path,
        'has a path, and the page leads on to the root of its host: give the page a name of its own',
      );
    return;
  }
  fault(path, `expected an address such as "https://restores.example.com", found ${found(path)}: ${problem}`);
};

/** `server.runbookUrl` is an address that a person can follow. */
export const runbookUrlLeadsSomewhere: Rule = ({ config, fault, found }) => {
  const url = config.server?.runbookUrl;
  if (url === undefined || url === '') return;
  const path = ['server', 'runbookUrl'];
  const problem = httpUrlFault(url, true);
  if (problem === null) return;
  fault(
    path,
    `expected an address such as "https://wiki.example.com/restores", found ${found(path)}: ${problem}`,
  );
};

function tooLong(url: string): string | null {
  return new URL(url).href.length > PUBLIC_URL_LIMIT
    ? `it is longer than ${PUBLIC_URL_LIMIT} characters`
    : null;
}

/** The heartbeat is called by https, or by http where that is allowed. */
export const heartbeatUrlsAreUsable: Rule = ({ config, fault, found }) => {
  for (const key of ['url', 'failUrl'] as const) {
    const url = config.heartbeat?.[key];
    if (url === undefined) continue;
    const path = ['heartbeat', key];
    const problem = httpUrlFault(url, config.heartbeat?.allowHttp ?? false);
    if (problem !== null) fault(path, `expected an https address, found ${found(path)}: ${problem}`);
  }
};

/** `smtpUrl` is the address of a mail server; a password that may go out in clear is told of. */
export const mailServersAreUsable: Rule = ({ config, fault, warn, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'email' || channel.smtpUrl === undefined) continue;
    const path = ['channels', index, 'smtpUrl'];
    const problem = smtpUrlFault(channel.smtpUrl);
    if (problem !== null) {
      fault(
        path,
        `expected an address such as "smtp://user:password@mail.example.com:587", found ${found(path)}: ${problem}`,
      );
      continue;
    }
    const { protocol, password, hostname } = new URL(channel.smtpUrl);
    if (protocol === 'smtp:' && password !== '' && !channel.requireTls && !isLoopbackName(hostname)) {
      warn(
        path,
        'the password goes out in clear should the server offer no TLS; use smtps:// or "requireTls": true',
      );
    }
  }
};

/** Sender and recipients can stand in the header of a mail. */
export const mailAddressesAreSound: Rule = ({ config, fault, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'email') continue;
    const addresses = [
      [['channels', index, 'from'], channel.from] as const,
      ...entriesOf(channel.to).map(([place, to]) => [['channels', index, 'to', place], to] as const),
    ];
    for (const [path, address] of addresses) {
      if (address !== undefined && !isMailAddress(address)) {
        fault(path, `expected a mail address such as "dba@example.com", found ${found(path)}`);
      }
    }
  }
};

/** A time zone is one that this machine knows. */
export const timeZonesExist: Rule = ({ config, fault, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (!('timeZone' in channel) || channel.timeZone === undefined || isTimeZone(channel.timeZone)) continue;
    const path = ['channels', index, 'timeZone'];
    fault(path, `expected a time zone such as "Europe/Berlin" or "UTC", found ${found(path)}`);
  }
};
