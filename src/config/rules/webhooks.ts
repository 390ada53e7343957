import { validateHeaderName } from 'node:http';
import { entriesOf, type Rule } from './rule.ts';

/** `whsec_` promises base64 after it; any other text is a secret as it stands. */
export const webhookSecretsCanSign: Rule = ({ config, fault, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'webhook' || !channel.secret?.startsWith('whsec_')) continue;
    const key = channel.secret.slice('whsec_'.length);
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(key) || key === '') {
      const path = ['channels', index, 'secret'];
      fault(path, `expected base64 after "whsec_", found ${found(path)}`);
    }
  }
};

/** Any text signs, and few of them cannot be guessed. */
export const webhookSecretsAreKeys: Rule = ({ config, warn }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'webhook' || !channel.secret || channel.secret.startsWith('whsec_')) continue;
    warn(
      ['channels', index, 'secret'],
      'signs as the text that it is; Standard Webhooks libraries expect "whsec_" and base64 (made by: echo "whsec_$(openssl rand -base64 24)")',
    );
  }
};

/** Looked at here, because the error of a request would quote the value, which has been looked at with all credentials. */
export const headersCanBeSent: Rule = ({ config, fault }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'webhook') continue;
    for (const name of Object.keys(channel.headers ?? {})) {
      if (!isHeaderName(name))
        fault(['channels', index, 'headers', name], 'expected the name of an HTTP header');
    }
  }
};

function isHeaderName(name: string): boolean {
  try {
    validateHeaderName(name);
    return true;
  } catch {
    return false;
  }
}
