import { z } from 'zod';
import { JOB_KINDS } from '../../domain/job/restore-job.ts';
import { duration, durationOr, flag, name, oneOf, text, textsByKey } from './parts.ts';

const HEX_ID = /^[0-9a-fA-F]{24}$/;
const HEX_ID_OR_ALL = /^([0-9a-fA-F]{24}|\*)$/;

export const WATCH_SCHEMA = z
  .strictObject({
    name: name().describe('Stands in every message, and is what routes refer to.'),
    connection: name().optional().describe('Name of a connection. May be left out where there is only one.'),
    kind: oneOf(JOB_KINDS).describe(
      'Which API the jobs are read from. "cluster": dedicated clusters; "collection": restores of single collections of those; "legacy": legacy backup, Ops Manager and Cloud Manager.',
    ),
    apiVersion: oneOf(['v1.0', 'v2'])
      .optional()
      .describe(
        'Version of the Atlas Administration API. Default: v1.0 for serverless, v2 for all others. Ops Manager and Cloud Manager have one.',
      ),
    groupId: text('a project id of 24 hexadecimal characters', { pattern: HEX_ID_OR_ALL })
      .describe('Id of the Atlas project; "*": every project that the credential sees.')
      .meta({ examples: ['5f0e1d2c3b4a596877665544'] }),
    instanceName: text('the name of an instance as Atlas shows it, without spaces and slashes', {
      pattern: /^[^\s/?#%\\]+$/,
      max: 64,
    })
      .describe(
        'The instance whose snapshots are restored: the source, not the target. On Ops Manager and Cloud Manager the id of the cluster. "*": every instance of the project that can have such jobs.',
      )
      .meta({ examples: ['orders'] }),
    exclude: z
      .array(text('a glob of instance names'), { error: 'expected a list of globs of instance names' })
      .default([])
      .describe(
        'With instanceName "*": instances that are not followed, by name; "*" stands for any run of characters.',
      )
      .meta({ examples: [['test-*', 'scratch']] }),
    restoreJobIds: z
      .array(text('a restore job id of 24 hexadecimal characters', { pattern: HEX_ID }), {
        error: 'expected a list of restore job ids',
      })
      .default([])
      .describe(
        'Just these jobs, each announced in whatever state it is found. Default: every job of the instance.',
      ),
    schedule: text('a cron expression')
      .default('*/30 * * * * *')
      .describe('When to poll: a cron expression of six fields (seconds first) or five, read in UTC.')
      .meta({ examples: ['*/30 * * * * *', '*/5 * * * *'] }),
    scheduleIdle: text('a cron expression')
      .optional()
      .describe('Used in place of schedule while no job of the watch is running.')
      .meta({ examples: ['0 */5 * * * *'] }),
    announceExisting: durationOr(flag(), 'true or false')
      .default(false)
      .describe(
        'What to tell about jobs that are there at the first poll: false nothing, true everything, a duration what ended within it.',
      )
      .meta({ examples: [false, true, '24h'] }),
    discoverEvery: duration()
      .default('10m')
      .describe('With "*": how often projects and instances are listed again.'),
    reconcileEvery: duration()
      .default('1h')
      .describe(
        'How often a long list of jobs is read whole. In between, newest first, as far as there is news.',
      ),
    hint: oneOf(['auto', 'off'])
      .default('auto')
      .describe(
        'With "*": whether the activity feed of a project may tell when to poll it. "auto": in projects with three instances or more, as far as the feed proves right; "off": every instance is polled at every tick.',
      ),
    sweepEvery: duration()
      .default('10m')
      .describe(
        'Where the activity feed tells when to poll: how often every instance is polled all the same.',
      ),
    labels: textsByKey('a text for each label')
      .default({})
      .describe(
        'Handed to routes and messages. With "*" a value may hold {project.name}, {project.tags.TAG}, {instance.name}, {instance.tags.TAG}.',
      )
      .meta({ examples: [{ team: 'payments' }] }),
    stalledAfter: durationOr(z.literal('auto'), '"auto"')
      .optional()
      .describe('Tell of a job that runs longer; "auto": well beyond what is usual for this instance.')
      .meta({ examples: ['2h', 'auto'] }),
    expiringWithin: duration()
      .optional()
      .describe('Tell of a ready download so long before its link runs out.')
      .meta({ examples: ['1h'] }),
    failingAfter: duration().default('5m').describe('Tell when the watch could not be polled for that long.'),
    expectRestoreEvery: duration()
      .optional()
      .describe(
        'Tell when no restore of this watch has finished for that long; with "*" no restore of one of its instances. The short form of drills.',
      )
      .meta({ examples: ['7d'] }),
    rto: duration()
      .optional()
      .describe('Recovery time objective: the report holds the duration of each restore against it.')
      .meta({ examples: ['1h'] }),
    rpo: duration()
      .optional()
      .describe(
        'Recovery point objective: the report holds the age of the snapshot, when a restore began, against it.',
      )
      .meta({ examples: ['24h'] }),
    actors: flag()
      .default(false)
      .describe('Find out who began each new restore, by the activity feed of its project.'),
  })
  .describe('What to poll, and when.');
