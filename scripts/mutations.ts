/**
 * Feeds answers of Atlas that have gone wrong to the reading of them: in the process, and over every way to Atlas, mutated on the wire as
 * well; and rubbish of receivers to every HTTP channel. Ends with exit code 1 when anything false was told, an answer took a second, or the heap grew.
 */
import { parseArgs } from 'node:util';
import { type MutationReport, mutateInProcess } from '../test/mutations/in-process.ts';
import { mutateOverHttp } from '../test/mutations/over-http.ts';
import { mutateToChannels } from '../test/mutations/to-channels.ts';

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '300000' },
    /** Over each way. */
    'over-http': { type: 'string', default: '5000' },
    /** Of receivers, to each kind of channel, plain and with a private authority. */
    'to-channels': { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const reports: Record<string, MutationReport> = {
  'in process': await mutateInProcess(Number(values.answers), seed),
  ...(await mutateOverHttp(Number(values['over-http']), { firstSeed: seed })),
  ...(await mutateToChannels(Number(values['to-channels']), { firstSeed: seed })),
};

const LONGEST_MS = 1_000;
const MOST_GROWN_BYTES = 8 * 2 ** 20;

for (const [way, { answers, falsehoods, slowest, grownBytes }] of Object.entries(reports)) {
  const grown = grownBytes === null ? 'not measured' : `${(grownBytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${way}: ${answers} answers, ${falsehoods.length} falsehoods, slowest ${slowest.ms} ms (seed ${slowest.seed}), heap grown by ${grown}`,
  );
  for (const falsehood of falsehoods) console.error(`  ${falsehood}`);
  if (falsehoods.length > 0 || slowest.ms > LONGEST_MS || (grownBytes ?? 0) > MOST_GROWN_BYTES)
    process.exitCode = 1;
}
