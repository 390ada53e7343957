import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { isLoopbackName } from '../../net/loopback.ts';
import { whyUnreadable } from '../text/interpolate.ts';
import type { Path } from '../text/paths.ts';
import { entriesOf, type Rule } from './rule.ts';

const SHORT_TOKEN = 16;

/** What others can reach shows what is restored where: it asks for a token. */
export const openServersAskForToken: Rule = ({ config, isFaulty, fault, warn, found }) => {
  const { host, token } = config.server ?? {};
  const path = ['server', 'token'];
  if (token !== undefined && token !== '' && token.length < SHORT_TOKEN) {
    warn(path, `is shorter than ${SHORT_TOKEN} characters and can be guessed`);
  }
  if (host === undefined || isLoopbackName(host) || isFaulty(path)) return;
  if (token === undefined || token === '') {
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
  if (url === undefined || /^postgres(ql)?:\/\/./.test(url)) return;
  // Two slashes would be read as the start of an absolute path.
  if (!/^sqlite:./.test(url) || /^sqlite:\/\/[^/]/.test(url)) {
    fault(path, `expected "sqlite:" and a path, such as "sqlite:./data/watcher.db", found ${found(path)}`);
  }
};

/** The store and the mirror of the audit log are two files. */
export const storeAndAuditDiffer: Rule = ({ config, fault }) => {
  const { file } = config.audit ?? {};
  const store = config.store?.url?.replace(/^sqlite:/, '');
  if (file !== undefined && store !== undefined && resolve(file) === resolve(store)) {
    fault(['audit', 'file'], 'expected another file than the one of store.url');
  }
};

/** A `caFile` can be read and holds a certificate. */
export const caFilesAreCertificates: Rule = async ({ config, readFile, fault, found }) => {
  const files: Array<[Path, string | undefined]> = [
    ...entriesOf(config.connections).map(([index, { caFile }]): [Path, string | undefined] => [
      ['connections', index, 'caFile'],
      caFile,
    ]),
    ...entriesOf(config.channels).map(([index, channel]): [Path, string | undefined] => [
      ['channels', index, 'caFile'],
      'caFile' in channel ? channel.caFile : undefined,
    ]),
  ];
  for (const [path, file] of files) {
    if (file === undefined) continue;
    const problem = await certificateFault(() => readFile(file));
    if (problem !== null)
      fault(path, `expected a PEM file with a certificate, found ${found(path)}: ${problem}`);
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
    return null;
  } catch {
    return 'it holds no certificate';
  }
}
