import { printable } from '../../view/text.ts';
import { type Credential, FORMS } from './credential.ts';
import type { PlannedWatch } from './plan-watches.ts';

/** How Atlas is reached. */
export interface FirstConnection {
  baseUrl: string;
  caFile: string | null;
  allowHttp?: true;
  credential: Credential;
}

/** What stands in a first configuration. */
export interface FirstConfig extends FirstConnection {
  /** The path of the JSON Schema; `null`: there is none at hand. */
  schema: string | null;
  watches: readonly PlannedWatch[];
  /** What could not be read in Atlas, a line each: nobody is to take the watches for all there is. */
  unread: readonly string[];
  /** The variable with the address of a Slack webhook; `null`: nobody is told yet. */
  slackVariable: string | null;
}

/** The text of a first configuration, with comments that say what can be changed. It holds placeholders in place of secrets. */
export function configText(first: FirstConfig): string {
  const { schema, baseUrl, caFile, allowHttp, credential, watches, slackVariable, unread } = first;
  const { idKey, secretKey } = FORMS[credential.type];
  const connection = [
    '"name": "atlas"',
    `"baseUrl": ${quoted(baseUrl)}`,
    ...(caFile === null ? [] : [`"caFile": ${quoted(caFile)}`]),
    ...(allowHttp ? ['"allowHttp": true'] : []),
    `"auth": { "type": "${credential.type}", "${idKey}": ${quoted(credential.id.placeholder)}, "${secretKey}": ${quoted(credential.secret.placeholder)} }`,
  ];
  return [
    '// Written by "restore-watcher init". Comments and trailing commas are allowed. "restore-watcher check" finds every fault,',
    '// "restore-watcher schema" prints every key there is.',
    '{',
    ...(schema === null ? [] : [`  "$schema": ${quoted(schema)},`]),
    '  "connections": [',
    `    // ${placeholder('NAME')} is an environment variable, ${placeholder('file:/run/secrets/name')} what is in a file: no secret stands here.`,
    '    {',
    ...connection.map((line) => `      ${line},`),
    '    },',
    '  ],',
    '  "watches": [',
    '    // Polled every 30 seconds; "schedule": "0 * * * * *" would be once a minute (seconds first, UTC). "instanceName": "*" follows every',
    '    // instance of the kind, new ones too; a name follows that one alone. "stalledAfter" tells of a restore that takes too long,',
    '    // "expiringWithin" of a download link that is about to run out. Restores of single collections have a kind of their own: a further',
    '    // watch with "kind": "collection".',
    ...unread.map((line) => `    // Missing: ${printable(line)}`),
    ...watches.flatMap(watchLines),
    '  ],',
    ...tellingLines(slackVariable),
    '}',
    '',
  ].join('\n');
}

function watchLines({ about, labels, ...watch }: PlannedWatch): string[] {
  const place = Object.entries(watch).map(([key, value]) => `"${key}": ${literal(value)}`);
  const rest = [
    '"stalledAfter": "auto"',
    '"expiringWithin": "1h"',
    ...(Object.keys(labels).length === 0 ? [] : [`"labels": ${JSON.stringify(labels)}`]),
  ];
  return [`    // ${printable(about)}`, `    { ${place.join(', ')},`, `      ${rest.join(', ')} },`];
}

/** Who is told; where nobody is yet, how it would be written. */
function tellingLines(variable: string | null): string[] {
  const mail = `{ "name": "dba", "type": "email", "smtpUrl": ${quoted(placeholder('SMTP_URL'))}, "from": "restores@example.com", "to": ["dba@example.com"] },`;
  const slack = `{ "name": "oncall", "type": "slack", "url": ${quoted(placeholder(variable ?? 'SLACK_WEBHOOK_URL'))} },`;
  const route = '{ "events": ["*"], "channels": ["oncall"] },';
  const off = variable === null ? '// ' : '';
  return [
    '  "channels": [',
    ...(variable === null
      ? ['    // Nobody is told as long as there is none. Types: slack, email, msteams, pagerduty, webhook.']
      : []),
    `    ${off}${slack}`,
    `    // ${mail}`,
    '  ],',
    '  "routes": [',
    '    // "*": every event. For what wakes somebody: ["failed", "cancelled", "expired", "missing", "stalled", "watch_failing", "channel_failing"].',
    `    ${off}${route}`,
    '  ],',
  ];
}

function placeholder(name: string): string {
  return `\${${name}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** What Atlas says, as it is: in a name, `${` is no placeholder. */
function literal(text: string): string {
  return quoted(text.replaceAll('${', '$${'));
}
