import { describe, expect, it } from 'vitest';
import { ConfigError, issueText } from '../../src/errors.ts';
import { load } from './config-file.ts';

type Json = Record<string, unknown>;

const AUTH = { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' };
const WATCH = {
  name: 'orders',
  kind: 'cluster',
  groupId: '5f0e1d2c3b4a596877665544',
  instanceName: 'orders',
};
const SLACK = { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' };
const ROUTE = { events: ['*'], channels: ['oncall'] };

/** A sound file, with some of its parts put in, and others taken out (`undefined`). */
function aFile({ auth = {}, watch = {}, channel = {}, route = {} }: Record<string, Json>): Json {
  return {
    connections: [{ name: 'atlas', auth: { ...AUTH, ...auth } }],
    watches: [{ ...WATCH, ...watch }],
    channels: [{ ...SLACK, ...channel }],
    routes: [{ ...ROUTE, ...route }],
  };
}

/** What somebody reads who loads the file: all of its faults, else all of its warnings. */
async function said(file: Json): Promise<string[]> {
  const outcome = await load(file).catch((error: unknown) => error);
  const issues =
    outcome instanceof ConfigError ? outcome.issues : (outcome as Awaited<ReturnType<typeof load>>).warnings;
  return issues.map(({ path, message }) => issueText({ path, message }));
}

/** Each with all that is said, word by word: enough to mend it without a look into the documentation. */
const MISTAKES: ReadonlyArray<[what: string, file: Json, says: string[]]> = [
  [
    'the word of the documentation for a kind',
    aFile({ watch: { kind: 'dedicated' } }),
    [
      'watches[0].kind: expected one of "serverless", "flex", "cluster", "collection", "legacy", found "dedicated"; did you mean "cluster"?',
    ],
  ],
  [
    'the key of the CLI for the project',
    aFile({ watch: { groupId: undefined, projectId: WATCH.groupId } }),
    [
      'watches[0].projectId: unknown key; did you mean "groupId"?',
      'watches[0].groupId: is missing; expected a project id of 24 hexadecimal characters',
    ],
  ],
  [
    'the key of Terraform for the cluster',
    aFile({ watch: { instanceName: undefined, cluster_name: 'orders' } }),
    [
      'watches[0].cluster_name: unknown key; did you mean "instanceName"?',
      'watches[0].instanceName: is missing; expected the name of an instance as Atlas shows it, without spaces and slashes',
    ],
  ],
  [
    'a near word for an event',
    aFile({ route: { events: ['fail', 'completed'] } }),
    [
      'routes[0].events[0]: expected one of "*", "started", "attributed", "ready", "finished", "failed", "cancelled", "expired", "expiring", "stalled", "missing", "watch_failing", "watch_recovered", "drill_overdue", "drill_failed", "drill_passed", "channel_failing", "channel_recovered", "audit_forked", "audit_agreed", "checkpoint", found "fail"; did you mean "failed"?',
      'routes[0].events[1]: expected one of "*", "started", "attributed", "ready", "finished", "failed", "cancelled", "expired", "expiring", "stalled", "missing", "watch_failing", "watch_recovered", "drill_overdue", "drill_failed", "drill_passed", "channel_failing", "channel_recovered", "audit_forked", "audit_agreed", "checkpoint", found "completed"; did you mean "finished"?',
    ],
  ],
  [
    'the key of other tools for an address',
    aFile({ channel: { url: undefined, webhookUrl: SLACK.url } }),
    [
      'channels[0].webhookUrl: unknown key; did you mean "url"?',
      'channels[0].url: is missing; expected the URL of an incoming webhook',
    ],
  ],
  [
    'the word of the page for a key',
    aFile({ auth: { privateKey: undefined, apiKey: 'private-key' } }),
    [
      'connections[0].auth.apiKey: unknown key; did you mean "privateKey"?',
      'connections[0].auth.privateKey: is missing; expected the private key of an Atlas API key',
    ],
  ],
  [
    'five fields in place of six',
    aFile({ watch: { schedule: '*/30 * * * *' } }),
    [
      'watches[0].schedule: polls every 30 min only, and nothing is noticed sooner: the first of five fields is the minute; with seconds it is "*/30 * * * * *"',
    ],
  ],
  [
    'a field too many in front',
    aFile({ watch: { schedule: '* */5 * * * *' } }),
    [
      'watches[0].schedule: comes round every second of each such minute: the first of six fields is the second; once in each is "0 */5 * * * *"',
    ],
  ],
  [
    'both kinds of days',
    aFile({ watch: { scheduleIdle: '0 0 13 * 5' } }),
    [
      'watches[0].scheduleIdle: comes round only on days that are both day of month 13 and day of week 5 (where cron would take either): leave one of them "*"',
    ],
  ],
  [
    'nobody told of what matters',
    aFile({ route: { events: ['finished'] } }),
    [
      'routes: no route takes "failed", "watch_failing" and "channel_failing", so nobody is told of them; add them to "events" of one',
    ],
  ],
  [
    'a variable without braces',
    aFile({ channel: { url: '$SLACK_WEBHOOK_URL' } }),
    [
      'channels[0].url: expected an https address, found a text that is not shown here: it is not an address; the text is taken as it stands; did you mean ${SLACK_WEBHOOK_URL}?',
    ],
  ],
  [
    'a variable without braces for the project',
    aFile({ watch: { groupId: '$PROJECT_ID' } }),
    [
      'watches[0].groupId: expected a project id of 24 hexadecimal characters, found "$PROJECT_ID"; the text is taken as it stands; did you mean ${PROJECT_ID}?',
    ],
  ],
  [
    'a variable that is not set',
    aFile({ channel: { url: '${SLACK_WEBHOOK_URL}' } }),
    ['channels[0].url: the environment variable SLACK_WEBHOOK_URL is not set'],
  ],
  [
    'a regular expression',
    aFile({ route: { targetClusterNames: ['^prod-.*$'] } }),
    [
      'routes[0].targetClusterNames[0]: "^prod-.*$" looks like a regular expression, and only "*" is special here; did you mean "prod-*"?',
    ],
  ],
  [
    'the host in place of the name',
    aFile({ watch: { instanceName: 'orders.ab1cd.mongodb.net' } }),
    [
      'watches[0].instanceName: "orders.ab1cd.mongodb.net" is an address to connect to, and not a name as Atlas shows it; did you mean "orders" (addresses are in lower case, names need not be)?',
    ],
  ],
  [
    'the connection string in place of the name',
    aFile({ watch: { instanceName: 'mongodb+srv://u@orders.ab1cd.mongodb.net' } }),
    [
      'watches[0].instanceName: expected the name of an instance as Atlas shows it, without spaces and slashes, found a text that is not shown here; the text is an address to connect to, and not a name as Atlas shows it; did you mean "orders" (addresses are in lower case, names need not be)?',
    ],
  ],
  [
    "a secret of one's own",
    aFile({ channel: { type: 'webhook', secret: 'correct horse battery' } }),
    [
      'channels[0].secret: signs as the text that it is; Standard Webhooks libraries expect "whsec_" and base64 (made by: echo "whsec_$(openssl rand -base64 24)")',
    ],
  ],
  [
    'a channel by another name',
    aFile({ route: { channels: ['on-call'] } }),
    [
      'routes[0].channels[0]: expected the name of a channel ("oncall"), found "on-call"; did you mean "oncall"?',
    ],
  ],
  [
    'a duration in words',
    aFile({ watch: { stalledAfter: '2 hours' } }),
    [
      'watches[0].stalledAfter: expected "auto", or a duration such as "500ms", "30s", "5m", "2h" or "30d", found "2 hours"',
    ],
  ],
];

describe('a typical mistake is told in words that are enough to mend it', () => {
  it.each(MISTAKES)('%s', async (_what, file, says) => {
    expect(await said(file)).toEqual(says);
  });
});
