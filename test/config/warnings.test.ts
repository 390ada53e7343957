import { describe, expect, it } from 'vitest';
import type { ConfigIssue } from '../../src/errors.ts';
import { aConfigFile, aWatchEntry, load } from './config-file.ts';

const auth = { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' };
const route = { events: ['*'], channels: ['siem'] };

/** All but the one about serverless, which every file here earns. */
/** Without the line, which hangs on how the test writes its file. */
function placeless(issues: readonly ConfigIssue[]): ConfigIssue[] {
  return issues.map(({ path, message }) => ({ path, message }));
}

async function warningsOf(over: Record<string, unknown>): Promise<readonly ConfigIssue[]> {
  const { warnings } = await load(aConfigFile(over));
  return placeless(warnings).filter(({ path }) => path !== 'watches[0].kind');
}

describe('a warning', () => {
  it('is not given without a reason', async () => {
    expect(await warningsOf({})).toEqual([]);
  });

  it('says once that serverless has ended', async () => {
    const { warnings } = await load(
      aConfigFile({ watches: [aWatchEntry(), aWatchEntry({ name: 'ledger', instanceName: 'ledger' })] }),
    );
    expect(placeless(warnings)).toEqual([
      { path: 'watches[0].kind', message: expect.stringMatching(/ended .* January 2026 .* 1 more/) },
    ]);
  });

  it.each([
    ['no channels', { channels: [], routes: [] }, 'channels', 'nobody is told'],
    ['no routes', { routes: [] }, 'routes', 'nobody is told'],
    [
      'a channel that no route uses',
      {
        channels: [
          { name: 'siem', type: 'webhook', url: 'https://siem.example.com' },
          { name: 'spare', type: 'slack', url: 'https://hooks.slack.com/services/x' },
        ],
      },
      'channels[1]',
      'no route leads to "spare"',
    ],
    [
      'a time for a fallback that is not there',
      {
        channels: [{ name: 'siem', type: 'webhook', url: 'https://siem.example.com', fallbackAfter: '5m' }],
      },
      'channels[0].fallbackAfter',
      'no effect without "fallback"',
    ],
    [
      'a test alert that no route takes',
      {
        routes: [
          { ...route, events: ['failed'], labels: { team: 'payments' } },
          { ...route, events: ['watch_failing', 'channel_failing'] },
        ],
        watches: [
          aWatchEntry({ labels: { team: 'payments' } }),
          aWatchEntry({ name: 'ledger', groupId: '*', instanceName: 'ledger' }),
        ],
        testAlert: { schedule: '0 9 * * 1', watch: 'ledger' },
      },
      'testAlert',
      'no route takes "failed" of watch "ledger", so it reaches nobody',
    ],
    [
      'three watches every second on one project',
      {
        watches: ['a', 'b', 'c'].map((name) =>
          aWatchEntry({ name, instanceName: name, restoreJobIds: [], schedule: '* * * * * *' }),
        ),
      },
      'connections[0]',
      'requests a minute of 90: they are polled every 2.7 s instead of every 1 s; set requestsPerMinute to',
    ],
    [
      'a ceiling that is too low even for what is named beside a *',
      {
        watches: [
          aWatchEntry({ name: 'fleet', instanceName: '*', restoreJobIds: [], exclude: ['orders', 'k'] }),
          aWatchEntry({ name: 'eager', restoreJobIds: [], schedule: '* * * * * *' }),
          aWatchEntry({ name: 'keen', instanceName: 'k', restoreJobIds: [], schedule: '* * * * * *' }),
        ],
      },
      'connections[0]',
      'need at least 122 requests a minute of 90',
    ],
    [
      'a watch that takes in what another one names',
      {
        watches: [aWatchEntry(), aWatchEntry({ name: 'fleet', instanceName: '*' })],
      },
      'watches[1]',
      'takes in what watch "orders" names more closely (instance orders): that is told by "orders" alone',
    ],
    [
      'reminders of what does not last',
      {
        routes: [
          { ...route, remindEvery: '1h' },
          { ...route, events: ['failed', 'finished'], remindEvery: '1h' },
        ],
      },
      'routes[1].remindEvery',
      'has no effect: none of the events of this route lasts (those that do: started, expiring, stalled',
    ],
    [
      'a pattern that no watch matches',
      { routes: [route, { ...route, watches: ['shop-*'] }] },
      'routes[1].watches[0]',
      'no watch has a name like "shop-*"',
    ],
    [
      'labels that no watch has',
      { routes: [route, { ...route, labels: { team: 'x' } }] },
      'routes[1].labels',
      'no watch',
    ],
    [
      'a connection that no watch uses',
      {
        connections: [
          { name: 'atlas', auth },
          { name: 'gov', auth },
        ],
        watches: [aWatchEntry({ connection: 'atlas' })],
      },
      'connections[1]',
      'no watch uses the connection "gov"',
    ],
    [
      'two watches on the same jobs',
      { watches: [aWatchEntry(), aWatchEntry({ name: 'again' })] },
      'watches[1]',
      'follows the same jobs as watches[0]',
    ],
    [
      'two watches on the same jobs, one of which names the only connection',
      { watches: [aWatchEntry(), aWatchEntry({ name: 'again', connection: 'atlas' })] },
      'watches[1]',
      'follows the same jobs as watches[0], so all is told twice',
    ],
    [
      'two watches of one instance with a job in common',
      {
        watches: [
          aWatchEntry({ restoreJobIds: ['a'.repeat(24), 'b'.repeat(24)] }),
          aWatchEntry({ name: 'again', restoreJobIds: ['B'.repeat(24), 'c'.repeat(24)] }),
        ],
      },
      'watches[1]',
      'follows some of the jobs that watches[0] ("orders") follows and names equally closely: those are told twice',
    ],
    [
      'two watches of a project that exclude different instances',
      {
        watches: [
          aWatchEntry({ instanceName: '*', restoreJobIds: [], exclude: ['a*'] }),
          aWatchEntry({ name: 'again', instanceName: '*', restoreJobIds: [], exclude: ['b*'] }),
        ],
      },
      'watches[1]',
      'follows some of the jobs that watches[0]',
    ],
    [
      'the path of the API in an address',
      { connections: [{ name: 'atlas', auth, baseUrl: 'https://cloud.mongodb.com/api/atlas/v2' }] },
      'connections[0].baseUrl',
      'the one here is ignored',
    ],
    [
      'the path of Ops Manager in an address under which nothing legacy is watched',
      { connections: [{ name: 'atlas', auth, baseUrl: 'https://om.example.com/api/public/v1.0' }] },
      'connections[0].baseUrl',
      'the one here is ignored',
    ],
    [
      'the address of the token in an address',
      { connections: [{ name: 'atlas', auth, baseUrl: 'https://cloud.mongodb.com/api/oauth/token' }] },
      'connections[0].baseUrl',
      'used is "https://cloud.mongodb.com"',
    ],
    [
      'the address of a page in an address',
      { connections: [{ name: 'atlas', auth, baseUrl: 'https://cloud.mongodb.com/v2/5f0e1d2c3b4a' }] },
      'connections[0].baseUrl',
      'used is "https://cloud.mongodb.com"',
    ],
    [
      'a password that may go out in clear',
      {
        channels: [
          { name: 'siem', type: 'email', smtpUrl: 'smtp://u:p@mail.example.com', from: 'a@b', to: ['a@b'] },
        ],
      },
      'channels[0].smtpUrl',
      'goes out in clear',
    ],
    [
      'a failed restore of which everybody reads later',
      {
        channels: [
          { name: 'siem', type: 'slack', url: 'https://hooks.slack.com/services/x', digest: '0 7 * * *' },
          { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/y' },
        ],
        routes: [route, { events: ['started'], channels: ['oncall'] }],
      },
      'routes',
      'nobody hears at once',
    ],
    ['a token that can be guessed', { server: { token: 'short' } }, 'server.token', 'can be guessed'],
    [
      'a token for looking that can be guessed',
      { server: { viewToken: 'short' } },
      'server.viewToken',
      'can be guessed',
    ],
  ])('is given for %s', async (_, over, path, says) => {
    expect(await warningsOf(over)).toEqual([{ path, message: expect.stringContaining(says) }]);
  });

  it.each([
    ['another channel is told at once', { events: ['failed'], channels: ['oncall'] }],
    ['no route takes it', null],
  ])('is not given for a digest when %s', async (_, second) => {
    const channels = [
      { name: 'siem', type: 'slack', url: 'https://hooks.slack.com/services/x', digest: '0 7 * * *' },
      { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/y' },
    ];
    const routes = second
      ? [route, second]
      : [
          { ...route, events: ['finished'] },
          { ...route, severities: ['info'] },
          { events: ['ready'], channels: ['oncall'] },
        ];
    const warnings = await warningsOf({ channels, routes });
    expect(warnings.filter(({ message }) => message.includes('hears at once'))).toEqual([]);
  });

  it.each([
    ['https://cloud.mongodb.com/api/public/v1.0', []],
    ['https://om.example.com/api/public/v1.0', []],
    ['https://gate.example.com/api/atlas/v2', []],
    ['https://cloud.mongodb.com/api/atlas/v2', ['connections[0].baseUrl']],
  ])('is given for a path only where it tells nothing of legacy jobs: %s', async (baseUrl, paths) => {
    const connections = [{ name: 'atlas', auth, baseUrl }];
    const warnings = await warningsOf({ connections, watches: [aWatchEntry({ kind: 'legacy' })] });
    expect(warnings.map(({ path }) => path)).toEqual(paths);
  });
});
