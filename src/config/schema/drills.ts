import { z } from 'zod';
import { duration, listOf, name, text } from './parts.ts';

/** A restore drill: any restore that fits counts. */
export const DRILL_SCHEMA = z
  .strictObject({
    name: name().describe('Stands in every message about the drill, and in the report.'),
    watch: name().describe('Name of the watch whose restores count. With "*" it holds for each instance.'),
    targets: listOf(text('a glob of cluster names'), 'glob of cluster names')
      .optional()
      .describe(
        'Only restores into these clusters count; "*" stands for any run of characters. Default: any restore, also a download.',
      )
      .meta({ examples: [['*-drill', 'staging']] }),
    every: duration({ atLeast: '1h' })
      .describe('A restore that counts has to finish at least this often; else drill_overdue is told.')
      .meta({ examples: ['31d'] }),
    maxDuration: duration()
      .optional()
      .describe('A restore that takes longer is told as drill_failed. Default: however long it takes.')
      .meta({ examples: ['30m'] }),
    maxSnapshotAge: duration()
      .optional()
      .describe(
        'A restore of a snapshot that was older when the restore began is told as drill_failed. Default: however old.',
      )
      .meta({ examples: ['26h'] }),
    validateWithin: duration()
      .optional()
      .describe(
        'Somebody has to attest the restore ("attest") within this after its end; else drill_failed is told. Default: nobody has to.',
      )
      .meta({ examples: ['2d'] }),
  })
  .describe('A restore drill: how often, how fast, of how fresh a snapshot. Any restore that fits counts.');
