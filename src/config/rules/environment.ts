import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { parseVerifierKey, parseWitnessKey } from '../../domain/evidence/signed-note.ts';
import { isLoopbackName } from '../../net/loopback.ts';
import { httpUrlFault, postgresUrlFault } from '../addresses.ts';
import { parseDuration } from '../duration.ts';
import { DEFAULT_AUDIT, DEFAULT_STORE } from '../schema/default-store.ts';
import { whyUnreadable } from '../text/interpolate.ts';
import type { Path } from '../text/paths.ts';
import { entriesOf, type Rule } from './rule.ts';

const SHORT_TOKEN = 16;

/** What others can reach shows what is restored where: it asks for a token. */
export const openServersAskForToken: Rule = ({ config, isFaulty, fault, warn, found }) => {
  const { host, token, viewToken } = config.server ?? {};
  const path = ['server', 'token'];
  const viewPath = ['server', 'viewToken'];
  for (const [where, value] of [
    [path, token],
    [viewPath, viewToken],
  ] as const) {
    if (value && value.length < SHORT_TOKEN)
      warn(where, `is shorter than ${SHORT_TOKEN} characters and can be guessed`);
  }
  if (token && token === viewToken)
    fault(viewPath, 'expected another token than server.token: who has it could act, and is only to read');
  if (host === undefined || isLoopbackName(host) || isFaulty(path) || isFaulty(viewPath)) return;
  if (!token && !viewToken) {
    fault(
      path,
      `${token === undefined ? 'is missing' : `found ${found(path)}`}; expected a token, since others can reach server.host ${found(['server', 'host'])}`,
    );
  }
};

/** `store.url` names a kind of store that there is. */
export const storesAreKnown: Rule = ({ config, fault, found }) => {
  const url = config.store?.url;
  const path = ['store', 'url'];
  if (url === undefined) return;
  if (isPostgres(url)) {
    const problem = postgresUrlFault(url);
    if (problem !== null)
      fault(
        path,
        `expected an address such as "postgres://db.example.com:5432/watcher", with user and password before the host, found ${found(path)}: ${problem}`,
      );
    return;
  }
  const reason = whyNoPath(/^sqlite:(.*)$/s.exec(url)?.[1]);
  if (reason === null) return;
  const why = reason === '' ? '' : `: ${reason}`;
  fault(
    path,
    `expected "sqlite:" and a path, such as "sqlite:./data/watcher.db", found ${found(path)}${why}`,
  );
};

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/** What only a PostgreSQL has is not asked of the embedded store. */
export const postgresKeysHavePostgres: Rule = ({ config, fault }) => {
  const { url = DEFAULT_STORE.url, schema, caFile } = config.store ?? {};
  if (isPostgres(url)) return;
  for (const [key, value] of Object.entries({ schema, caFile }))
    if (value !== undefined) fault(['store', key], 'is for a store.url with "postgres://" alone');
};

/** @returns `null` for the path of a file; otherwise why it is none, `''` where that needs no words. */
function whyNoPath(path: string | undefined): string | null {
  if (path === undefined || path.trim() === '') return '';
  if (/^\/\/[^/]/.test(path)) return 'two slashes begin the name of a host';
  if (path === ':memory:') return 'what is kept in memory is forgotten at the end, and then told again';
  // A single letter is a drive of Windows.
  if (/^[a-z][a-z\d+.-]+:/i.test(path)) return 'this is a URL';
  if (/[?#][\w-]+(=|$)/.test(path)) return 'a path has no parameters';
  if (/(^|[\\/])\.{0,2}$/.test(path)) return 'this is a directory';
  if (path.startsWith('~')) return 'only a shell knows what "~" stands for';
  if (path !== path.trim() || /\p{Cc}/u.test(path))
    return 'there is white space around it, or a control character in it';
  return null;
}

/** What is shorter would prune what is still being delivered, redriven and looked into. */
const SHORTEST_KEEP = '7d';

/** `store.keep` leaves time to look into what has happened. */
export const recordsAreKeptAWhile: Rule = ({ config, fault, found }) => {
  const keep = config.store?.keep;
  const keepMs = keep === undefined || keep === 'forever' ? null : parseDuration(keep);
  if (keepMs === null || keepMs >= (parseDuration(SHORTEST_KEEP) ?? 0)) return;
  const path = ['store', 'keep'];
  fault(path, `expected "${SHORTEST_KEEP}" or more, or "forever", found ${found(path)}`);
};

/** The audit log holds at least what the store shows. */
export const logIsKeptAsLong: Rule = ({ config, fault, found }) => {
  const { keep: store = DEFAULT_STORE.keep } = config.store ?? {};
  const { keep: audit = DEFAULT_AUDIT.keep } = config.audit ?? {};
  const [storeMs, auditMs] = [store, audit].map((keep) =>
    keep === 'forever' ? Number.POSITIVE_INFINITY : parseDuration(keep),
  );
  if (storeMs == null || auditMs == null || auditMs >= storeMs) return;
  if (config.audit?.keep === undefined) {
    const path = ['store', 'keep'];
    fault(path, `expected no more than audit.keep ("${audit}" unless configured), found ${found(path)}`);
    return;
  }
  const path = ['audit', 'keep'];
  fault(path, `expected no less than store.keep ("${store}"), found ${found(path)}`);
};

/** The keys of witnesses, and of the logs that are cosigned here, can be read; and a witness is reached by https. */
export const witnessesAreUsable: Rule = ({ config, fault, found }) => {
  for (const [index, { key, url, allowHttp }] of entriesOf(config.audit?.witnesses)) {
    const place = ['audit', 'witnesses', index];
    if (key !== undefined && parseWitnessKey(key) === null)
      fault(
        [...place, 'key'],
        `expected the verifier key of a witness (NAME+ID+BASE64), found ${found([...place, 'key'])}`,
      );
    const problem = url === undefined ? null : httpUrlFault(url, allowHttp ?? false);
    if (problem !== null) fault([...place, 'url'], problem);
  }
  for (const [index, { key }] of entriesOf(config.audit?.witnessFor)) {
    const path = ['audit', 'witnessFor', index, 'key'];
    if (key !== undefined && parseVerifierKey(key) === null)
      fault(path, `expected the verifier key of a log (NAME+ID+BASE64), found ${found(path)}`);
  }
};

/** A `caFile` can be read and holds certificates; a fault names whose it is. */
export const caFilesAreCertificates: Rule = async ({ config, readFile, fault, found }) => {
  const owners: Array<[path: Path, owner: string, settings: object | undefined]> = [
    ...entriesOf(config.connections).map(([index, connection]): [Path, string, object] => [
      ['connections', index],
      `connection ${connection.name ?? ''}`,
      connection,
    ]),
    ...entriesOf(config.channels).map(([index, channel]): [Path, string, object] => [
      ['channels', index],
      `channel ${channel.name ?? ''}`,
      channel,
    ]),
    ...entriesOf(config.audit?.witnesses).map(([index, witness]): [Path, string, object] => [
      ['audit', 'witnesses', index],
      `witness ${index}`,
      witness,
    ]),
    [['heartbeat'], 'the heartbeat', config.heartbeat],
    [['store'], 'the store', config.store],
  ];
  for (const [place, owner, settings] of owners) {
    const file: unknown = settings && 'caFile' in settings ? settings.caFile : undefined;
    if (typeof file !== 'string') continue;
    const problem = await certificateFault(() => readFile(file));
    if (problem === null) continue;
    const path = [...place, 'caFile'];
    fault(
      path,
      `expected a PEM file with a certificate for ${owner.trim()}, found ${found(path)}: ${problem}`,
    );
  }
};

async function certificateFault(read: () => Promise<string>): Promise<string | null> {
  let pem: string;
  try {
    pem = await read();
  } catch (error) {
    return whyUnreadable(error);
  }
  try {
    new X509Certificate(pem);
    // As it is used: what follows the first certificate counts as well.
    createSecureContext({ ca: pem });
    return null;
  } catch {
    return 'it holds no certificate';
  }
}
