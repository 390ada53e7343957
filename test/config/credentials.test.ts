import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError, type ConfigIssue } from '../../src/errors.ts';
import { aConfigFile } from './config-file.ts';

const KEY = 'abcdefgh';
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NAMED = /canary|abcd|MfKQ/;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'restore-watcher-credentials-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Every place for a credential or an address, by what it is called here. */
const PLACES: Readonly<Record<string, { path: string; file: (value: string) => Record<string, unknown> }>> = {
  publicKey: { path: 'connections[0].auth.publicKey', file: (publicKey) => digest({ publicKey }) },
  privateKey: { path: 'connections[0].auth.privateKey', file: (privateKey) => digest({ privateKey }) },
  clientId: { path: 'connections[0].auth.clientId', file: (clientId) => account({ clientId }) },
  clientSecret: {
    path: 'connections[0].auth.clientSecret',
    file: (clientSecret) => account({ clientSecret }),
  },
  token: { path: 'server.token', file: (token) => ({ server: { token } }) },
  viewToken: { path: 'server.viewToken', file: (viewToken) => ({ server: { viewToken } }) },
  header: {
    path: 'channels[0].headers.x-token',
    file: (value) => channel({ headers: { 'x-token': value } }),
  },
  routingKey: {
    path: 'channels[0].routingKey',
    file: (routingKey) => channel({ type: 'pagerduty', url: undefined, routingKey }),
  },
  secret: { path: 'channels[0].secret', file: (secret) => channel({ secret }) },
  url: { path: 'channels[0].url', file: (url) => channel({ url }) },
  smtpUrl: {
    path: 'channels[0].smtpUrl',
    file: (smtpUrl) =>
      channel({
        type: 'email',
        url: undefined,
        from: 'a@example.com',
        to: ['b@example.com'],
        requireTls: true,
        smtpUrl,
      }),
  },
  heartbeat: { path: 'heartbeat.url', file: (url) => ({ heartbeat: { url } }) },
  baseUrl: {
    path: 'connections[0].baseUrl',
    file: (baseUrl) => ({ connections: [{ name: 'atlas', baseUrl, auth: auth({}) }] }),
  },
};

const SOUND: Readonly<Record<string, string>> = {
  routingKey: 'R0123456789abcdefghijklmnopqrstu',
  secret: WHSEC,
  url: 'https://siem.example.com/canary-hook',
  smtpUrl: 'smtp://user:canary-pass@mail.example.com',
  heartbeat: 'https://hc.example.com/canary-ping',
  baseUrl: 'https://cloud.mongodb.com',
};
const soundFor = (place: string): string => SOUND[place] ?? 'canary-abcdefgh-0123456789';

function auth(over: Record<string, string>) {
  return { type: 'digest', publicKey: 'public-key', privateKey: 'private-key', ...over };
}

function digest(over: Record<string, string>) {
  return { connections: [{ name: 'atlas', auth: auth(over) }] };
}

function account(over: Record<string, string>) {
  const credential = { clientId: 'mdb_sa_id_1', clientSecret: 'mdb_sa_sk_1', ...over };
  return { connections: [{ name: 'atlas', auth: { type: 'serviceAccount', ...credential } }] };
}

function channel(over: Record<string, unknown>) {
  return { channels: [{ name: 'siem', type: 'webhook', url: 'https://siem.example.com/hook', ...over }] };
}

/** What is said about one value, and what becomes of it. */
async function said(place: string, written: string, env: Record<string, string> = {}) {
  const { path, file } = PLACES[place]!;
  const name = join(dir, 'watcher.config.json');
  const text = JSON.stringify(aConfigFile(file(written)));
  await writeFile(name, text);
  const about = (issues: readonly ConfigIssue[]): string[] =>
    issues.flatMap((issue) => (issue.path === path ? [issue.message] : []));
  try {
    const config = await loadConfig(name, { env });
    return { faults: [], warnings: about(config.warnings), config: JSON.stringify({ ...config, text: '' }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { faults: about(error.issues), warnings: [], config: '' };
  }
}

describe.each(Object.keys(PLACES))('a value for %s', (place) => {
  const sound = soundFor(place);

  it('is taken as it is when it is sound', async () => {
    expect(await said(place, sound)).toMatchObject({ faults: [], warnings: [] });
  });

  it.each([
    ['a line end', `${sound}\n`],
    ['spaces', `  ${sound}\t`],
    ['no-break spaces', `\u00a0${sound}\u00a0`],
  ])('loses %s around it, with a warning', async (_what, written) => {
    const { faults, warnings, config } = await said(place, written);
    expect([faults, warnings]).toEqual([[], ['white space around it was dropped']]);
    expect(config).toContain(sound);
    expect(config).not.toContain(JSON.stringify(written).slice(1, -1));
  });

  it('loses a byte order mark, with a warning', async () => {
    const { faults, warnings } = await said(place, '${VALUE}', { VALUE: `\ufeff${sound}` });
    expect([faults, warnings]).toEqual([
      [],
      ['the byte order mark (U+FEFF) at the beginning of the value from ${VALUE} was dropped'],
    ]);
  });

  it.each([
    ['a zero-width space (U+200B) at its beginning', `\u200b${sound}`],
    ['a zero-width joiner (U+200D) at its end', `${sound}\u200d`],
    ['a soft hyphen (U+00AD) in its middle', `${sound.slice(0, 12)}\u00ad${sound.slice(12)}`],
    ['NUL (U+0000) in its middle', `${sound.slice(0, 12)}\0${sound.slice(12)}`],
    ['a line feed (U+000A) in its middle', `${sound.slice(0, 12)}\n${sound.slice(12)}`],
    ['a control character (U+0007) at its end', `${sound}\u0007`],
    ['a byte order mark (U+FEFF) in its middle', `${sound.slice(0, 12)}\ufeff${sound.slice(12)}`],
    ['a typographic quotation mark (U+201C) at its beginning', `“${sound}”`],
    ['a typographic quotation mark (U+2019) at its end', `${sound}’`],
  ])('is a fault with %s, which is named and not shown', async (named, written) => {
    const { faults } = await said(place, written);
    expect(faults).toEqual([expect.stringContaining(`holds ${named}, which`)]);
    expect(faults.join()).not.toMatch(NAMED);
    const { faults: fromEnv } = await said(place, '${VALUE}', { VALUE: written });
    expect(fromEnv).toEqual([expect.stringMatching(/^the value from \$\{VALUE\} holds /)]);
  });
});

describe('a credential', () => {
  it.each(['publicKey', 'privateKey', 'clientId', 'clientSecret', 'token', 'header'])(
    'for %s has no character beyond Latin-1, which no header can hold',
    async (place) => {
      expect((await said(place, `${KEY}—${KEY}`)).faults).toEqual([
        expect.stringContaining('a dash that is no hyphen (U+2014) in its middle'),
      ]);
      expect((await said(place, `${KEY}ü${KEY}`)).faults).toEqual([]);
    },
  );

  it('may hold any letter where it is typed in and not sent in a header', async () => {
    expect((await said('smtpUrl', 'smtp://user:pässwörd–日本@mail.example.com')).faults).toEqual([]);
    expect((await said('secret', 'it’s a long secret, ключ')).faults).toEqual([]);
    expect((await said('smtpUrl', 'smtp://user:pass%00word@mail.example.com')).faults).toEqual([
      expect.stringContaining('NUL (U+0000)'),
    ]);
  });

  it('of a file loses one newline in silence, more of it with a warning', async () => {
    const file = join(dir, 'key');
    for (const [ending, warnings] of [
      ['\n', []],
      ['\r\n', []],
      ['', []],
      ['\n\n', [`white space around the value from \${file:${file}} was dropped`]],
      [' \n', [`white space around the value from \${file:${file}} was dropped`]],
    ] as const) {
      await writeFile(file, KEY + ending);
      const result = await said('publicKey', `\${file:${file}}`);
      expect([ending, result.faults, result.warnings]).toEqual([ending, [], warnings]);
      expect(result.config).toContain(`"publicKey":"${KEY}"`);
    }
  });

  it('is cleaned where it is a part of a text', async () => {
    const { faults, warnings, config } = await said('header', 'Bearer ${TOKEN}', { TOKEN: `\ufeff${KEY}\n` });
    expect([faults, warnings]).toEqual([
      [],
      [expect.stringContaining('U+FEFF'), expect.stringContaining('white space')],
    ]);
    expect(config).toContain(`"Bearer ${KEY}"`);
    const { config: mail } = await said('smtpUrl', 'smtp://u:${PASS}@mail.example.com', { PASS: 'canary\n' });
    expect(mail).toContain('smtp://u:canary@mail.example.com');
  });

  it.each([
    ['UTF-16 with its mark', Buffer.from('\ufefftoken', 'utf16le')],
    ['UTF-16 without it', Buffer.from('token', 'utf16le')],
    ['Latin-1', Buffer.from('tökén', 'latin1')],
  ])('of a file in %s is a fault: the file is not UTF-8 text', async (_what, bytes) => {
    const file = join(dir, 'odd');
    await writeFile(file, bytes);
    expect((await said('token', `\${file:${file}}`)).faults).toEqual([
      `the file is not UTF-8 text: ${file}; save it as UTF-8`,
    ]);
  });

  it.each([
    ['smtpUrl', 'smtp://user:$SMTP_PASSWORD@mail.example.com', '${SMTP_PASSWORD}'],
    ['smtpUrl', 'smtp://user:%24SMTP_PASSWORD@mail.example.com', '${SMTP_PASSWORD}'],
    ['privateKey', '$ATLAS_PRIVATE_KEY', '${ATLAS_PRIVATE_KEY}'],
    ['privateKey', '%ATLAS_PRIVATE_KEY%', '${ATLAS_PRIVATE_KEY}'],
    ['clientSecret', '$(CLIENT_SECRET)', '${CLIENT_SECRET}'],
    ['header', 'Bearer $SIEM_TOKEN', '${SIEM_TOKEN}'],
    ['token', '{{ SERVER_TOKEN }}', '${SERVER_TOKEN}'],
    ['url', 'https://siem.example.com/$HOOK', '${HOOK}'],
    ['url', 'https://siem.example.com/x?token=$TOKEN', '${TOKEN}'],
  ])('that looks like a variable without a value is told of: %s %s', async (place, written, meant) => {
    expect((await said(place, written)).warnings).toContain(`is taken as it stands; did you mean ${meant}?`);
  });

  it.each([
    ['token', '{{ .Values.token }}', /nobody filled in this template/],
    ['privateKey', '"abcd-canary"', /stands in quotation marks/],
    ['header', "'Bearer canary'", /stands in quotation marks/],
  ])('that is not what it should be is told of: %s %s', async (place, written, words) => {
    const { warnings } = await said(place, written);
    expect(warnings).toContainEqual(expect.stringMatching(words));
    expect(warnings.join()).not.toMatch(NAMED);
  });

  it('is not taken for a variable when it only begins like one', async () => {
    for (const key of ['$ecret-Pass1', '$abcdEFGH', 'pa$$WORD', '100%sure%', '$Ab']) {
      expect((await said('privateKey', key)).warnings).toEqual([]);
    }
  });

  it('after whsec_ is base64', async () => {
    expect((await said('secret', 'whsec_no base64!')).faults).toEqual([
      expect.stringContaining('expected base64 after "whsec_"'),
    ]);
  });
});
