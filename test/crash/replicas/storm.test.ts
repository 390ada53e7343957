import { describe, expect, it } from 'vitest';
import { hasPostgres } from '../../support/postgres/shared.ts';
import { violationsOfReplicas } from './report.ts';
import { runReplicaStorm } from './storm.ts';

// `npm run test:storm -- --replicas 3 --store postgres` is the long form.
describe.skipIf(!hasPostgres())('three replicas that are killed, stand still and lose their database', () => {
  it('lose nothing, repeat only what was cut off, and do nothing that is another’s', {
    // What is not told for five minutes counts as lost, which says more than a time-out.
    timeout: 600_000,
  }, async () => {
    const said: string[] = [];
    const report = await runReplicaStorm({
      replicas: 3,
      acts: { kills: 3, pauses: 1, cuts: 3, clockSteps: 1, fastRestarts: 0, immediateRestarts: 1 },
      jobs: 40,
      troubles: { share: 0.15, mostPerEvent: 1 },
      everyMs: [500, 3_000],
      pauseMs: [16_000, 17_000],
      stepMs: 5_000,
      log: (text) => said.push(text),
    });
    expect(violationsOfReplicas(report), said.join('\n')).toEqual([]);
    const told = { events: report.expected };
    expect(report.channels).toMatchObject({ webhook: told, slack: told, email: told });
    // Each of them has had work, and some of it has changed hands.
    expect(report.takeovers).toBeGreaterThan(12);
  });
});
