import { z } from 'zod';
import { EVENT_NAMES, type EventName, LASTING_EVENTS } from '../../domain/event/event.ts';
import { SEVERITIES } from '../../domain/event/event-kind.ts';
import { DELIVERY_TYPES, JOB_KINDS } from '../../domain/job/restore-job.ts';
import {
  ALLOW_HTTP,
  CA_FILE,
  duration,
  flag,
  listOf,
  name,
  oneOf,
  optionalText,
  text,
  textsByKey,
} from './parts.ts';
import { secret } from './secret.ts';

/** Any channel may have another that stands in for it. A function, so that every type gets an instance of its own. */
export function standIn() {
  return {
    fallback: name()
      .optional()
      .describe('Another channel, which gets what this one has given up or has not accepted in time.'),
    fallbackAfter: duration()
      .default('10m')
      .describe('How long this one may take before the fallback gets it as well.'),
  };
}

/** For one attempt over HTTP. */
function timeout() {
  return duration({ atMost: '10m' })
    .default('30s')
    .describe('How long one attempt may take, from sending to the last byte of the answer.');
}

function timeZone(description: string) {
  return text('a time zone such as "Europe/Berlin"')
    .optional()
    .describe(description)
    .meta({ examples: ['Europe/Berlin', 'America/New_York'] });
}

function title() {
  return text('a Liquid text')
    .optional()
    .describe(
      'Liquid text for the headline: of the message and its notification, the subject of a mail, the summary of an alert.',
    )
    .meta({ examples: ['{{ event.name | upcase }}: {{ job.instanceName | default: event.watch }}'] });
}

function template() {
  return z
    .strictObject({
      title: title(),
      body: text('a Liquid text')
        .optional()
        .describe(
          'Liquid text for all between headline and small print: mrkdwn for Slack, Markdown for Teams, plain text for mail. Values are escaped.',
        )
        .meta({ examples: ['{{ message.advice }}\nSince {{ event.occurredAt | time }}'] }),
      bodyFile: text('the path of a file')
        .optional()
        .describe('The same from a file. A relative path starts from the working directory.'),
    })
    .optional()
    .describe(
      'Own words in place of the built-in ones; what is left out stays built-in. A digest keeps its own layout.',
    );
}

function titleTemplate() {
  return z.strictObject({ title: title() }).optional().describe('Own words in place of the built-in ones.');
}

function digest() {
  return text('a cron expression')
    .optional()
    .describe(
      'Gather what this channel is told, and send it as one message at these times: a cron expression of five fields, or six (seconds first), read in timeZone (default UTC). Default: everything is told at once.',
    )
    .meta({ examples: ['0 7 * * *', '0 8 * * 1-5'] });
}

const slack = z
  .strictObject({
    name: name().describe('How routes refer to it.'),
    type: z.literal('slack'),
    url: secret(
      text('the URL of an incoming webhook').describe('Incoming webhook URL. A secret.'),
      'address',
    ),
    timeZone: timeZone(
      "IANA zone for the times, beside UTC and each reader's own zone, which Slack puts in. Default: those two.",
    ),
    digest: digest(),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    timeout: timeout(),
    allowHttp: flag().default(false).describe(ALLOW_HTTP),
    template: template(),
    ...standIn(),
  })
  .describe('A Slack incoming webhook.');

const email = z
  .strictObject({
    name: name().describe('How routes refer to it.'),
    type: z.literal('email'),
    smtpUrl: secret(
      text('an address such as "smtp://user:password@mail.example.com:587"')
        .describe(
          'Mail server, smtp:// or smtps://, with user and password (percent-encoded) where needed. A secret.',
        )
        .meta({ examples: ['${SMTP_URL}', 'smtps://user:password@mail.example.com'] }),
      'mailServer',
    ),
    from: text('a mail address')
      .describe('Sender.')
      .meta({ examples: ['restores@example.com'] }),
    to: listOf(text('a mail address'), 'mail address').describe('Recipients.'),
    timeZone: timeZone('IANA zone for the times in the mail, beside UTC. Default: UTC alone.'),
    digest: digest(),
    requireTls: flag().default(false).describe('Refuse to send in clear when the server offers no STARTTLS.'),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    timeout: duration({ atMost: '1h' })
      .optional()
      .describe(
        'How long one attempt may take, from the connection to the last answer. Default: what RFC 5321 (section 4.5.3.2) allows a server: 5 minutes for its greeting, 10 for any other answer.',
      )
      .meta({ examples: ['2m'] }),
    template: template(),
    ...standIn(),
  })
  .describe('Mail, one thread for each job.');

const webhook = z
  .strictObject({
    name: name().describe('How routes refer to it.'),
    type: z.literal('webhook'),
    url: secret(
      text('the URL of a receiver').describe('Receives CloudEvents by POST. Treated as a secret.'),
      'address',
    ),
    secret: secret(
      optionalText('a Standard Webhooks secret').describe(
        'Standard Webhooks secret (whsec_ and base64, or any text). Empty or absent: not signed.',
      ),
      'signingKey',
    ),
    headers: secret(
      textsByKey('a text for each header')
        .default({})
        .describe('Sent along with every request, for receivers that want a token. Values are secrets.')
        .meta({ examples: [{ authorization: 'Bearer ${SIEM_TOKEN}' }] }),
      'headers',
    ),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    timeout: timeout(),
    allowHttp: flag().default(false).describe(ALLOW_HTTP),
    ...standIn(),
  })
  .describe('Any HTTP receiver: CloudEvents 1.0, signed after Standard Webhooks.');

const pagerduty = z
  .strictObject({
    name: name().describe('How routes refer to it.'),
    type: z.literal('pagerduty'),
    routingKey: secret(
      text('a PagerDuty integration key of 32 letters and digits', { pattern: /^[A-Za-z0-9]{32}$/ })
        .describe('Integration key (Events API v2) of a service or an event orchestration. A secret.')
        .meta({ examples: ['${PAGERDUTY_ROUTING_KEY}'] }),
    ),
    url: secret(
      text('the URL of the Events API v2')
        .default('https://events.pagerduty.com/v2/enqueue')
        .describe('Events API v2. In the EU service region: https://events.eu.pagerduty.com/v2/enqueue.'),
      'sharedAddress',
    ),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    timeout: timeout(),
    allowHttp: flag().default(false).describe(ALLOW_HTTP),
    template: titleTemplate(),
    ...standIn(),
  })
  .describe('PagerDuty: what is wrong opens an alert, what ends it closes it. Route the ends to it as well.');

const msteams = z
  .strictObject({
    name: name().describe('How routes refer to it.'),
    type: z.literal('msteams'),
    url: secret(
      text('the URL of a Teams workflow').describe(
        'URL of a Teams workflow that starts with "When a Teams webhook request is received". A secret.',
      ),
      'address',
    ),
    timeZone: timeZone("IANA zone for the times, beside UTC. Default: each reader's own zone, beside UTC."),
    digest: digest(),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    timeout: timeout(),
    allowHttp: flag().default(false).describe(ALLOW_HTTP),
    template: template(),
    ...standIn(),
  })
  .describe('Microsoft Teams, by a workflow that posts the card it receives.');

export const CHANNEL_SCHEMA = z.discriminatedUnion('type', [slack, email, webhook, pagerduty, msteams]);

const ROUTE_EVENTS: ['*', ...EventName[]] = ['*', ...EVENT_NAMES];

export const ROUTE_SCHEMA = z
  .strictObject({
    events: listOf(oneOf(ROUTE_EVENTS), 'event')
      .describe('Events it takes; "*" takes all but `checkpoint`, which has to be named.')
      .meta({ examples: [['failed', 'cancelled', 'expired'], ['*']] }),
    channels: listOf(name(), 'name of a channel').describe('Where they go.'),
    watches: listOf(text('the name of a watch, or a pattern with "*"'), 'name of a watch')
      .optional()
      .describe('Only from these watches; "*" stands for any characters. Default: all.'),
    labels: textsByKey('a text for each label')
      .optional()
      .describe('Only from watches with all of these labels.'),
    severities: listOf(oneOf(SEVERITIES), 'severity').optional().describe('Only of these severities.'),
    targetClusterNames: listOf(text('the name of a cluster, or a pattern with "*"'), 'name of a cluster')
      .optional()
      .describe('Only for restores into these clusters; "*" stands for any characters.')
      .meta({ examples: [['prod-*']] }),
    kinds: listOf(oneOf(JOB_KINDS), 'kind of job').optional().describe('Only jobs of these kinds.'),
    deliveryTypes: listOf(oneOf(DELIVERY_TYPES), 'way of delivery')
      .optional()
      .describe('Only jobs that hand the data over in one of these ways.')
      .meta({ examples: [['download']] }),
    instanceNames: listOf(text('the name of an instance, or a pattern with "*"'), 'name of an instance')
      .optional()
      .describe('Only for restores of snapshots of these instances; "*" stands for any characters.')
      .meta({ examples: [['prod-*']] }),
    crossProject: flag()
      .optional()
      .describe('true: only for restores into another project; false: only for those within their own.'),
    remindEvery: duration({ atLeast: '1m' })
      .optional()
      .describe(
        `How often to tell again of what lasts, until it ends: ${LASTING_EVENTS.join(', ')}. A mute makes a pause of it. Default: everything is told once.`,
      )
      .meta({ examples: ['1h'] }),
  })
  .describe(
    'Which events go to which channels. Every route that matches adds its channels; a channel gets an event once.',
  );
