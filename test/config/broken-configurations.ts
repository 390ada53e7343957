import { CHANNEL_SCHEMA } from '../../src/config/schema/channels.ts';

const CHANNEL_TYPES = CHANNEL_SCHEMA.options.map(({ shape }) => shape.type.value);

/** What is wrong with each file of `fixtures/config/broken`, named for its rule: every fault, in order, by path and a telling part of its text. */
export type ExpectedFault = readonly [path: string, says: string];

const A_LIST_OF_AT_LEAST_ONE = 'expected a list of at least one';
const NO_PLAIN_HTTP = 'plain http is for loopback addresses only ("allowHttp": true lifts that)';

export const BROKEN: Readonly<Record<string, readonly ExpectedFault[]>> = {
  'ambiguous-connection': [['watches[0].connection', 'is missing; expected one of "atlas", "gov"']],
  'api-version-of-address': [
    ['watches[0].apiVersion', 'expected "v1.0", or nothing (baseUrl names the API of Ops Manager'],
  ],
  'api-version-of-kind': [
    ['watches[0].apiVersion', 'expected "v2" (Atlas has the kind flex in no other version), found "v1.0"'],
  ],
  'bad-test-alert': [
    ['testAlert.schedule', 'found "@daily": there is 1 field'],
    ['testAlert.event', 'found "faild"; did you mean "failed"?'],
    ['testAlert.watch', 'expected the name of a watch ("orders"), found "ordres"; did you mean "orders"?'],
    ['testAlert.channel', 'unknown key; known here: "schedule", "event", "watch", "target"'],
  ],
  'bad-durations': [
    ['connections[0].requestTimeout', 'expected a duration such as "500ms", "30s", "5m", "2h" or "30d"'],
    ['watches[0].announceExisting', 'expected true or false, or a duration'],
    ['watches[0].stalledAfter', 'expected "auto", or a duration'],
    ['watches[0].rto', 'found "-5m"'],
    ['store.keep', 'expected "forever", or a duration'],
  ],
  'bad-fallback': [
    ['channels[0].fallback', 'expected the name of a channel ("siem", "pager", "team"), found "pagr"'],
    ['channels[1].fallback', 'expected another channel, found "pager" itself'],
    ['channels[2].fallbackAfter', 'expected a duration'],
  ],
  'bad-group-id': [
    ['watches[0].groupId', 'expected a project id of 24 hexadecimal characters, found "5f0e1d2c"'],
  ],
  'bad-headers': [
    ['channels[0].headers["x token"]', 'expected the name of an HTTP header'],
    [
      'channels[0].headers.x-token',
      'a line feed (U+000A) in its middle, which cannot stand in an HTTP header',
    ],
  ],
  'bad-heartbeat': [
    ['heartbeat.url', NO_PLAIN_HTTP],
    ['heartbeat.every', '1d at most, found "2d"'],
    ['heartbeat.failUrl', 'it is not an address'],
    [
      'heartbeat.method',
      'unknown key; known here: "url", "every", "failUrl", "caFile", "checkpoint", "allowHttp"',
    ],
  ],
  'bad-instance-name': [['watches[0].instanceName', 'without spaces and slashes, found "../orders"']],
  'bad-job-ids': [
    ['watches[0].restoreJobIds[1]', 'expected a restore job id of 24 hexadecimal characters, found "latest"'],
  ],
  'keep-longer-than-the-log': [
    ['store.keep', 'expected no more than audit.keep ("400d" unless configured), found "forever"'],
  ],
  'log-kept-too-short': [['audit.keep', 'expected no less than store.keep ("400d"), found "30d"']],
  'bad-keep': [['store.keep', 'expected "7d" or more, or "forever", found "90m"']],
  'bad-mail-addresses': [
    ['channels[1].from', 'expected a mail address such as "dba@example.com", found "restores"'],
    ['channels[1].to[1]', 'found "two@a b"'],
  ],
  'bad-names': [
    ['connections[0].name', 'expected a name of 1 to 100 characters'],
    ['watches[0].name', 'without "*"'],
  ],
  'bad-pager': [
    ['channels[0].routingKey', 'expected a PagerDuty integration key of 32 letters and digits'],
    ['channels[1].url', NO_PLAIN_HTTP],
  ],
  'bad-postgres-url': [
    ['store.url', 'found a text that is not shown here: the name of the database is missing'],
  ],
  'bad-reminders': [
    ['routes[0].remindEvery', 'or "30d", 1m at least, found "59s"'],
    ['routes[1].remindEvery', 'expected a duration'],
  ],
  'bad-smtp-url': [['channels[1].smtpUrl', 'it begins neither with smtp:// nor with smtps://']],
  'bad-store-url': [['store.url', 'expected "sqlite:" and a path']],
  'bad-teams-url': [
    ['channels[0].url', NO_PLAIN_HTTP],
    ['channels[1].url', 'is missing; expected the URL of a Teams workflow'],
  ],
  'bad-templates': [
    ['channels[0].template.title', 'expected a Liquid text: line 1, column 1: unknown filter "shout"'],
    [
      'channels[0].template.body',
      'line 2, column 4: there is no jbo; known here: "event", "job", "message", "pageUrl", "channel"',
    ],
    ['channels[1].template.title', 'no filter "raw" here: values are always escaped'],
    [
      'channels[1].template.bodyFile',
      'found "test/fixtures/config/unclosed.liquid": line 3, column 1: tag {% if job %} not closed',
    ],
    [
      'channels[2].template.title',
      'expected a Liquid text without placeholders, found the value from ${ATLAS_PRIVATE_KEY}',
    ],
    ['channels[2].template.body', 'no tag "include" here: a template reads no other one'],
    ['channels[2].template.bodyFile', 'expected either this or "body", not both'],
    ['channels[2].template.bodyFile', 'found "/no/such/body.liquid": there is no such file'],
    ['channels[3].template.title', 'expected a Liquid text, found a number'],
    ['channels[3].template.body', 'unknown key; known here: "title"'],
    ['channels[4].template', 'unknown key'],
    ['channels[5].template.subject', 'unknown key; known here: "title", "body", "bodyFile"'],
    ['channels[5].template.title', 'it makes a text or a list that is far too long'],
    ['channels[6].template', 'expected an object'],
  ],
  'bad-digest': [
    [
      'channels[0].digest',
      'expected a cron expression of five fields or six (seconds first), found "every morning": there are 2 fields',
    ],
    ['channels[1].digest', 'that time never comes'],
    ['channels[2].digest', '25 is no hour'],
    ['channels[3].digest', 'unknown key'],
    ['channels[4].digest', 'expected a cron expression, found an empty text'],
  ],
  'bad-time-zone': [
    [
      'channels[1].timeZone',
      'expected a time zone such as "Europe/Berlin" or "UTC", found "Europe/Atlantis"',
    ],
    ['channels[2].timeZone', 'found "CEST"'],
    ['channels[3].timeZone', 'found an empty text'],
  ],
  'bad-webhook-secret': [['channels[0].secret', 'expected base64 after "whsec_"']],
  'base-url-with-credentials': [['connections[0].baseUrl', 'user and password do not belong in it']],
  'base-url-with-extras': [['connections[0].baseUrl', 'a "?" or "#" does not belong in it']],
  'cron-backward-range': [['watches[0].schedule', 'the range 1-0 runs backwards']],
  'cron-invalid': [
    ['watches[0].schedule', 'found "60 * * * * *": 60 is no second'],
    ['watches[0].scheduleIdle', 'found "0 0 31 2 *": that day of month never comes'],
  ],
  'cron-step-too-long': [
    ['watches[0].schedule', 'a step of 90 is longer than the 60 values of the second field'],
    ['watches[0].scheduleIdle', 'a step of 61 is longer than the 60 values of the minute field'],
  ],
  'cron-wrong-field-count': [
    [
      'watches[0].schedule',
      'expected a cron expression of six fields (seconds first) or five, found "* * * *"',
    ],
    ['watches[0].scheduleIdle', 'found "@hourly": there is 1 field'],
  ],
  'duplicate-names': [
    ['connections[1].name', '"atlas" is connections[0] already'],
    ['watches[1].name', '"orders" is watches[0] already'],
    ['channels[1].name', '"siem" is channels[0] already'],
  ],
  'empty-route': [
    ['routes[0].events', `${A_LIST_OF_AT_LEAST_ONE} event, found an empty list`],
    ['routes[0].channels', `${A_LIST_OF_AT_LEAST_ONE} name of a channel`],
    ['routes[0].watches', `${A_LIST_OF_AT_LEAST_ONE} name of a watch`],
  ],
  'empty-sections': [
    ['connections', `${A_LIST_OF_AT_LEAST_ONE} connection, found an empty list`],
    ['watches', `${A_LIST_OF_AT_LEAST_ONE} watch, found an empty list`],
  ],
  'empty-variable': [
    [
      'connections[0].auth.privateKey',
      'expected the private key of an Atlas API key, found an empty text from ${EMPTY}',
    ],
  ],
  'fallbacks-in-a-ring': [
    ['channels[1].fallback', 'expected fallbacks that end somewhere, found "pager" → "team" → "pager"'],
  ],
  // What refers to a name that a fault hides is not blamed as well.
  'faults-that-hide-names': [
    ['connections[0].name', 'is missing; expected a name'],
    ['watches[0].name', 'expected a name of 1 to 100 characters'],
    ['channels', 'expected a list of channels, found an object'],
  ],
  'http-not-loopback': [
    ['connections[0].baseUrl', NO_PLAIN_HTTP],
    ['channels[0].url', NO_PLAIN_HTTP],
  ],
  'json-cut-short': [['', 'line 4, column 1: expected "," or "}", but the file ends here']],
  'json-empty': [['', 'line 1, column 1: expected a value, but the file ends here']],
  'json-key-twice': [['watches[0].instanceName', 'stands twice in the same object']],
  'malformed-placeholder': [
    ['watches[0].instanceName', 'a "${" has no closing brace'],
    ['channels[0].url', 'a placeholder is not one of ${NAME}, ${NAME:-default}, ${file:/path}'],
  ],
  'many-at-once': [
    ['connections[1].name', '"atlas" is connections[0] already'],
    ['connections[1].baseUrl', NO_PLAIN_HTTP],
    ['connections[1].auth.type', 'expected one of "digest", "serviceAccount", found "oauth"'],
    ['connections[1].retries', 'expected a whole number from 0 to 20, found -1'],
    ['watches[0].kind', 'found "serverles"; did you mean "serverless"?'],
    ['watches[0].groupId', 'expected a project id of 24 hexadecimal characters, found "1"'],
    ['watches[0].schedule', 'found "every minute": there are 2 fields'],
    ['watches[0].pollInterval', 'unknown key; known here: "name", "connection"'],
    ['watches[1].name', '"orders" is watches[0] already'],
    ['watches[1].connection', 'expected the name of a connection ("atlas"), found "other"'],
    ['channels[1].url', 'the environment variable SLACK_URL is not set'],
    ['channels[2].smtpUrl', 'it is not an address'],
    ['channels[2].from', 'expected a mail address'],
    ['channels[2].to', `${A_LIST_OF_AT_LEAST_ONE} mail address, found "dba@example.com"`],
    ['routes[1].channels[0]', 'expected the name of a channel ("siem", "oncall", "dba"), found "nobody"'],
    ['routes[1].watches[0]', 'expected the name of a watch ("orders"), found "ledger"'],
    ['server.port', 'expected a port from 0 (any free one) to 65535, found "http"'],
    ['server.token', 'is missing; expected a token'],
    ['logging', 'unknown key; known here:'],
  ],
  'missing-ca-file': [
    [
      'connections[0].caFile',
      'a certificate for connection atlas, found "/no/such/ca.pem": there is no such file',
    ],
    ['channels[0].caFile', 'it holds no certificate'],
    ['channels[1].caFile', 'a certificate for channel oncall, found "/no/such/ca.pem"'],
    ['channels[2].caFile', 'a certificate for channel pager, found "/no/such/ca.pem"'],
    ['channels[3].caFile', 'a certificate for channel team, found "/no/such/ca.pem"'],
    ['heartbeat.caFile', 'a certificate for the heartbeat, found "/no/such/ca.pem"'],
  ],
  'missing-keys': [
    ['connections[0].auth.privateKey', 'is missing; expected the private key of an Atlas API key'],
    ['watches[0].kind', 'is missing; expected one of "serverless"'],
    ['watches[0].groupId', 'is missing; expected a project id'],
    ['channels[0].url', 'is missing; expected the URL of a receiver'],
  ],
  'missing-secret-file': [
    ['connections[0].auth.privateKey', 'the file /no/such/secret cannot be read: there is no such file'],
  ],
  'missing-sections': [
    ['connections', `is missing; ${A_LIST_OF_AT_LEAST_ONE} connection`],
    ['watches', `is missing; ${A_LIST_OF_AT_LEAST_ONE} watch`],
  ],
  'missing-variable': [
    ['watches[0].groupId', 'the environment variable PROJECT_ID is not set'],
    ['channels[0].url', 'the environment variable SIEM_URL is not set'],
  ],
  'not-an-address': [
    ['connections[0].baseUrl', 'found "cloud.mongodb.com": it is not an address'],
    ['channels[0].url', 'it begins neither with https:// nor with http://'],
  ],
  'not-an-object': [['', 'expected an object, found a list']],
  'number-from-variable': [['server.port', 'found the value from ${ATLAS_PUBLIC_KEY}']],
  'open-server-with-empty-token': [['server.token', 'found an empty text from ${EMPTY:-}; expected a token']],
  'open-server-without-token': [['server.token', 'since others can reach server.host "0.0.0.0"']],
  'own-file-beside': [
    [
      'audit.file',
      'expected another file than those beside the one of store.url ("./data/watcher.db" unless configured): -wal, -shm',
    ],
    ['audit.checkpoints', 'those beside the one of audit.keyFile ("./data/watcher.db.audit-key" unless'],
  ],
  'own-file-is-configuration': [['audit.file', 'expected another file than the configuration itself']],
  'own-file-is-default': [
    ['audit.file', 'expected another file than the one of store.url ("./data/watcher.db" unless configured)'],
  ],
  'own-file-is-derived': [
    ['store.url', 'expected another file than the one of audit.checkpoints ("./data/audit.checkpoints" un'],
    ['audit.keyFile', 'expected another file than the one of audit.file ("./data/audit.jsonl" unless'],
  ],
  'own-files-one': [
    ['audit.file', 'expected another file than the one of store.url'],
    ['audit.checkpoints', 'expected another file than the one of store.url'],
    ['audit.keyFile', 'expected another file than the one of store.url'],
  ],
  'postgres-keys': [['store.schema', 'is for a store.url with "postgres://" alone']],
  'renamed-test-alert': [['drill', 'unknown key; it is called "testAlert" now']],
  'too-long-request-timeout': [['connections[0].requestTimeout', '10m at most, found "11m"']],
  'unknown-channel': [['routes[0].channels[1]', 'expected the name of a channel ("siem"), found "pager"']],
  'unknown-channel-type': [
    [
      'channels[0].type',
      `expected one of ${CHANNEL_TYPES.map((type) => JSON.stringify(type)).join(', ')}, found "pigeon"`,
    ],
  ],
  'unknown-connection': [['watches[0].connection', 'found "atlass"; did you mean "atlas"?']],
  'unknown-events': [
    ['routes[0].events[0]', 'found "faild"; did you mean "failed"?'],
    ['routes[0].severities[0]', 'expected one of "info", "warning", "critical", found "fatal"'],
  ],
  'unknown-keys': [
    ['connections[0].auth.secret', 'unknown key; known here: "type", "publicKey", "privateKey"'],
    ['watches[0].shedule', 'unknown key; did you mean "schedule"?'],
    ['channels[0].retries', 'unknown key; known here: "name", "type", "url"'],
    ['watchs', 'unknown key; did you mean "watches"?'],
  ],
  'unknown-watch': [['routes[0].watches[0]', 'found "ordres"; did you mean "orders"?']],
  'wrong-types': [
    ['connections[0].retries', 'expected a whole number from 0 to 20, found "4"'],
    ['connections[0].requestsPerMinute', 'expected a whole number above 0, found 0'],
    ['watches[0].labels.team', 'expected a text for each label, found a number'],
    ['server.port', 'expected a port from 0 (any free one) to 65535, found 65536'],
    ['log.level', 'expected one of "error", "warn", "info", "debug", found "verbose"'],
    ['log.format', 'expected one of "json", "text", found "xml"'],
    ['store', 'expected an object'],
  ],
};
