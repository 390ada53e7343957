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

/** Looked at here, because the error of a request would quote the value. */
export const headersCanBeSent: Rule = ({ config, fault }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (channel.type !== 'webhook') continue;
    for (const [name, value] of Object.entries(channel.headers ?? {})) {
      const path = ['channels', index, 'headers', name];
      if (!canSend(name, '')) fault(path, 'expected the name of an HTTP header');
      else if (value !== undefined && !canSend(name, value)) {
        fault(
          path,
          'expected a text that can stand in an HTTP header: one line, no characters beyond Latin-1',
        );
      }
    }
  }
};

function canSend(name: string, value: string): boolean {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
}
