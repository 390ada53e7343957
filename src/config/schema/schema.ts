import { z } from 'zod';
import { EVENT_NAMES } from '../../domain/event/event.ts';
import { CHANNEL_SCHEMA, ROUTE_SCHEMA, standIn } from './channels.ts';
import { DEFAULT_SERVER } from './default-server.ts';
import { DEFAULT_AUDIT, DEFAULT_STORE } from './default-store.ts';
import { DRILL_SCHEMA } from './drills.ts';
import {
  ALLOW_HTTP,
  CA_FILE,
  duration,
  durationOr,
  flag,
  integer,
  listOf,
  name,
  oneOf,
  optionalText,
  text,
} from './parts.ts';
import { secret } from './secret.ts';
import { WATCH_SCHEMA } from './watches.ts';

const digestAuth = z
  .strictObject({
    type: z.literal('digest'),
    publicKey: secret(text('the public key of an Atlas API key').describe('Public key of an Atlas API key.')),
    privateKey: secret(
      text('the private key of an Atlas API key').describe(
        'Private key of an Atlas API key. Best from the environment or a file.',
      ),
    ),
  })
  .describe('An Atlas API key, by HTTP digest.');

const serviceAccountAuth = z
  .strictObject({
    type: z.literal('serviceAccount'),
    clientId: secret(text('the client id of a service account').describe('Client id, mdb_sa_id_…')),
    clientSecret: secret(
      text('the client secret of a service account').describe('Client secret, mdb_sa_sk_…'),
    ),
  })
  .describe('An Atlas service account, by OAuth 2.');

const CONNECTION_SCHEMA = z
  .strictObject({
    name: name().describe('How watches refer to it.'),
    baseUrl: secret(
      text('the address of Atlas, such as "https://cloud.mongodb.com"')
        .default('https://cloud.mongodb.com')
        .describe(
          'Origin of Atlas or Ops Manager; the path of the API is added. Cloud Manager has the host of Atlas and is told by its path.',
        )
        .meta({
          examples: [
            'https://cloud.mongodb.com',
            'https://cloud.mongodbgov.com',
            'https://cloud.mongodb.com/api/public/v1.0',
            'https://opsmanager.example.com:8443',
          ],
        }),
      'openAddress',
    ),
    auth: z
      .discriminatedUnion('type', [digestAuth, serviceAccountAuth])
      .describe('The credential. It needs the role that may read restore jobs.'),
    requestTimeout: duration({ atMost: '10m' })
      .default('10s')
      .describe('For one request, from sending to the last byte.'),
    retries: integer('a whole number from 0 to 20', 0, 20)
      .default(4)
      .describe('Further attempts within one poll, for passing faults only.'),
    requestsPerMinute: integer('a whole number above 0', 1)
      .default(90)
      .describe('Ceiling for each project; retries count.'),
    caFile: text('the path of a PEM file').optional().describe(CA_FILE),
    allowHttp: flag().default(false).describe(ALLOW_HTTP),
  })
  .describe('One Atlas base URL with one credential.');

/** Just what says who is told, whatever else of the file has faults. */
export const TELLING_SCHEMA = z.object({
  channels: z.array(z.object({ name: name(), ...standIn() })),
  routes: z.array(ROUTE_SCHEMA),
});

/**
 * The configuration as it stands in the file: every key with its meaning and default. Unknown keys are faults. Also what the JSON
 * Schema is made from; rules about more than one key stand in `rules/`.
 */
export const CONFIG_SCHEMA = z.strictObject({
  $schema: z.string().optional().describe('Where the JSON Schema of this file is, for editors.'),
  connections: listOf(CONNECTION_SCHEMA, 'connection').describe('How Atlas is reached.'),
  watches: listOf(WATCH_SCHEMA, 'watch').describe('What is watched.'),
  channels: z
    .array(CHANNEL_SCHEMA, { error: 'expected a list of channels' })
    .default([])
    .describe('Who can be told.'),
  routes: z
    .array(ROUTE_SCHEMA, { error: 'expected a list of routes' })
    .default([])
    .describe('Who is told of what. An event that no route takes is recorded all the same.'),
  store: z
    .strictObject({
      url: secret(
        text('"sqlite:" and a path, or a postgres: address')
          .default(DEFAULT_STORE.url)
          .describe(
            'sqlite:PATH, the embedded database; a relative path starts from the working directory. Or postgres://user:password@host:5432/database, a PostgreSQL from version 14 on, reached by TLS unless it runs on this machine; `?sslmode=require` asks for no proof of who it is, `?sslmode=disable` for no TLS.',
          ),
        'login',
      ),
      schema: text('the name of a schema, of 1 to 63 characters', { max: 63 })
        .optional()
        .describe(
          "PostgreSQL: the schema of the watcher's tables, made when it is missing. Left out, the first of the user's search_path, mostly `public`.",
        ),
      caFile: text('the path of a PEM file').optional().describe(`PostgreSQL: ${CA_FILE}`),
      keep: durationOr(z.literal('forever'), '"forever"')
        .default(DEFAULT_STORE.keep)
        .describe(
          'For how long jobs that have ended stay on record, with their events and deliveries; "forever" keeps them all. At least "7d". Running jobs and what is owed always stay. No longer than `audit.keep`.',
        ),
    })
    .prefault({})
    .describe('Where state is kept, and for how long.'),
  audit: z
    .strictObject({
      file: text('the path of a file')
        .default(DEFAULT_AUDIT.file)
        .describe(
          'Mirror of the audit log, one JSON object a line. A relative path starts from the working directory.',
        ),
      checkpoints: text('the path of a file')
        .optional()
        .describe(
          'Where each checkpoint of the audit log is written down, one JSON object a line. By default beside the mirror.',
        ),
      checkpointEvery: duration({ atLeast: '1m', atMost: '1d' })
        .default(DEFAULT_AUDIT.checkpointEvery)
        .describe(
          'How often the audit log is signed as it stands, when something was written to it. Besides at a clean stop, and once a day.',
        ),
      origin: text('a name of letters, digits and ./:@~_-, such as "example.com/restores"', {
        pattern: /^[\w./:@~-]+$/,
      })
        .optional()
        .describe(
          'The name of the audit log in its checkpoints; it stays for ever. By default it is made of the key.',
        ),
      keyFile: text('the path of a file')
        .optional()
        .describe(
          'The private key that signs checkpoints: Ed25519, PKCS#8 in PEM. By default PATH.audit-key beside the database, or with PostgreSQL beside the mirror, which the first start makes.',
        ),
      keep: durationOr(z.literal('forever'), '"forever"')
        .default(DEFAULT_AUDIT.keep)
        .describe(
          'For how long entries stay in the audit log; "forever" keeps them all. What is older is cut off at a checkpoint, and a signed stub stands in its place. No shorter than `store.keep`.',
        ),
      witnesses: z
        .array(
          z.strictObject({
            url: text('the URL of a witness').describe(
              'What stands before /add-checkpoint. Of another restore-watcher: https://HOST/witness.',
            ),
            key: text('the verifier key of the witness: NAME+ID+BASE64').describe('Its key, as it tells it.'),
            caFile: text('the path of a PEM file').optional().describe(CA_FILE),
            allowHttp: flag().default(false).describe(ALLOW_HTTP),
          }),
        )
        .default([])
        .describe(
          'Who cosigns each checkpoint (C2SP tlog-witness): whoever has seen how far the log was tells when it is rolled back, or is another one.',
        ),
      witnessFor: z
        .array(
          z.strictObject({
            key: text('the verifier key of a log').describe('As "audit key" prints it there.'),
          }),
        )
        .default([])
        .describe(
          'The logs of others that are cosigned here, at /witness/add-checkpoint. It needs no token: a request is believed by its signature.',
        ),
    })
    .prefault({})
    .describe('The record for auditors.'),
  server: z
    .strictObject({
      host: text('a host name or an address')
        .default(DEFAULT_SERVER.host)
        .describe('Address to listen on. Anything but loopback demands a token.')
        .meta({ examples: ['127.0.0.1', '0.0.0.0'] }),
      port: integer('a port from 0 (any free one) to 65535', 0, 65_535)
        .default(DEFAULT_SERVER.port)
        .describe('Port to listen on.'),
      token: secret(
        optionalText('a token').describe(
          'Asked for as "Authorization: Bearer …"; whoever sends it may read, and act: reload, poll, mute, redrive. Empty or absent: none, and nobody may act.',
        ),
      ),
      viewToken: secret(
        optionalText('a token').describe('Whoever sends it may read, and not act. Empty or absent: none.'),
      ),
      publicBadges: flag()
        .default(false)
        .describe(
          'true: shows /badge/WATCH.svg to anybody: whether the watch sees, and how its last restore ended.',
        ),
      publicUrl: optionalText('an http or https address')
        .describe(
          'Where people reach the page. Every message then leads there: to the restore that it is about, or to the page itself. Empty or absent: no message does.',
        )
        .meta({ examples: ['https://restores.example.com'] }),
      runbookUrl: optionalText('an http or https address')
        .describe(
          'Your own runbook: the page leads there wherever something is wrong. Empty or absent: it does not.',
        )
        .meta({ examples: ['https://wiki.example.com/restores#on-call'] }),
    })
    .prefault({})
    .describe('Health, metrics and the JSON reads over HTTP.'),
  heartbeat: z
    .strictObject({
      url: secret(
        text("the URL of a dead man's switch").describe(
          "Asked by GET while all is well: every watch polled in time, every channel delivering, the store writable. Meant for a dead man's switch, which tells somebody when it hears nothing. A secret.",
        ),
        'address',
      ),
      every: duration({ atMost: '1d' }).default('1m').describe('How often.'),
      failUrl: secret(
        text('a URL')
          .optional()
          .describe(
            'Asked by GET instead while something is wrong. Default: nothing is called then. A secret.',
          )
          .meta({ examples: ['${HEARTBEAT_URL}/fail'] }),
        'address',
      ),
      caFile: text('the path of a PEM file').optional().describe(CA_FILE),
      checkpoint: flag()
        .default(false)
        .describe(
          'true: calls by POST, and sends the last checkpoint of the audit log along, so that a copy of it is kept elsewhere. For receivers that keep what they are sent, such as Healthchecks.',
        ),
      allowHttp: flag().default(false).describe(ALLOW_HTTP),
    })
    .optional()
    .describe('A sign of life for somebody else to miss.'),
  drills: z
    .array(DRILL_SCHEMA, { error: 'expected a list of drills' })
    .default([])
    .describe('Restore drills that are agreed. expectRestoreEvery on a watch is the short form.'),
  testAlert: z
    .strictObject({
      schedule: text('a cron expression')
        .describe('When: a cron expression of six fields (seconds first) or five, read in UTC.')
        .meta({ examples: ['0 9 * * 1'] }),
      event: oneOf(EVENT_NAMES)
        .default('failed')
        .describe('What the sample tells of; goes to those whom the routes would tell it.'),
      watch: name()
        .optional()
        .describe('The watch that the sample speaks of; routes may ask for it. Default: the first.'),
      target: text('the name of a cluster')
        .optional()
        .describe(
          'The cluster that the sample is said to restore to; routes may ask for it. Default: a name that the routes take.',
        ),
    })
    .optional()
    .describe(
      'A test of the alerting itself: a sample, marked as such, on the way of a real event. Where it does not arrive, channel_failing is told through the other channels.',
    ),
  log: z
    .strictObject({
      level: oneOf(['error', 'warn', 'info', 'debug'])
        .default('info')
        .describe('The least important lines to write.'),
      format: oneOf(['json', 'text'])
        .default('json')
        .describe('JSON lines for machines, or text for people.'),
    })
    .prefault({})
    .describe('What the program says while it works, on standard output.'),
});

/** The file as people write it. */
export type ConfigFile = z.input<typeof CONFIG_SCHEMA>;
/** The file with every default filled in. */
export type FilledConfigFile = z.output<typeof CONFIG_SCHEMA>;
