import type { FilledConfigFile } from './schema/schema.ts';

/** Shorter parts of an address are words (`api`, `hooks`), not secrets. */
const SHORTEST_URL_PART = 8;
/** A longer last part of a path is a token, not the name of a thing. */
const SHORTEST_TOKEN_PART = 16;

/** Every value of the configuration that must never be shown, each once; also the forms in which it may turn up elsewhere. */
export function gatherSecrets(file: FilledConfigFile): string[] {
  const secrets = [
    ...file.connections.flatMap(({ auth }) =>
      auth.type === 'digest' ? [auth.publicKey, auth.privateKey] : [auth.clientId, auth.clientSecret],
    ),
    ...file.channels.flatMap(ofChannel),
    ...passwordOf(file.store.url),
    file.server.token,
    ...ofHeartbeat(file.heartbeat),
  ];
  return [...new Set(secrets.flatMap((secret) => (secret ? [secret] : [])))];
}

function ofChannel(channel: FilledConfigFile['channels'][number]): Array<string | undefined> {
  switch (channel.type) {
    case 'slack':
    case 'msteams':
      return ofUrl(channel.url);
    case 'pagerduty':
      // The address is the same for everybody; one that is not the public one may hold a token.
      return [channel.routingKey, ...tokensOf(new URL(channel.url))];
    case 'email':
      return [channel.smtpUrl, ...passwordOf(channel.smtpUrl)];
    case 'webhook':
      return [
        ...ofUrl(channel.url),
        channel.secret,
        channel.secret?.replace(/^whsec_/, ''),
        ...Object.values(channel.headers).flatMap(ofHeader),
      ];
  }
}

function ofHeartbeat(heartbeat: FilledConfigFile['heartbeat']): string[] {
  return [heartbeat?.url, heartbeat?.failUrl].flatMap((url) => (url === undefined ? [] : ofUrl(url)));
}

/** The address, its path with the query, and the parts that are tokens by their look. */
function ofUrl(url: string): string[] {
  const parsed = new URL(url);
  const { href, pathname, search } = parsed;
  const rest = `${pathname}${search}`;
  return [url, href, ...(rest.length >= SHORTEST_URL_PART ? [rest] : []), ...tokensOf(parsed)];
}

function tokensOf({ pathname, searchParams }: URL): string[] {
  return [...pathname.split('/'), ...searchParams.values()].filter(
    (part) => part.length >= SHORTEST_TOKEN_PART,
  );
}

/** As it stands and decoded, which is how the server is told it. */
function passwordOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

/** `Bearer x` is as secret as `x`. */
function ofHeader(value: string): string[] {
  const credential = /^\S+\s+(\S+)$/.exec(value)?.[1];
  return credential === undefined ? [value] : [value, credential];
}
