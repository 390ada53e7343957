import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Home } from '../../../../test/support/daemon.ts';
import type { Bench } from '../../bench.ts';
import { count, inMb, span } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { costOfCommand } from '../../shell/command-cost.ts';

const WANTED = { seconds: 8, mb: 120 };
const HASHED = { long: 500_000, short: 5_000 };
const MS_PER_SECOND = 1_000;

/** How long the whole audit log takes to verify, in the store and in its mirror, beside a bare loop of hashes over the same lines. */
export async function verifyLine({ image, isShort, say }: Bench, home: Home): Promise<Line> {
  const entries = countEntries(home.dbFile);
  say(`audit verify of ${count(entries)} entries`);
  const verify = [...image.entrypoint, 'audit', 'verify'];
  const { wallMs, cpuMs, peakMib } = await costOfCommand(verify, { dir: home.dir, env: image.env, times: 1 });
  const perSecond = hashesPerSecond(home.dbFile, isShort ? HASHED.short : HASHED.long);
  return {
    what: `\`audit verify\`, ${count(entries)} entries in the store and in the mirror`,
    goal: atMost(
      `${WANTED.seconds} s, ${WANTED.mb} MB`,
      [wallMs / MS_PER_SECOND, WANTED.seconds],
      [inMb(peakMib), WANTED.mb],
    ),
    got: `${span(wallMs)} (${span(cpuMs)} CPU), ${count(inMb(peakMib))} MB`,
    floor: `${count(perSecond)} hashes a second`,
  };
}

function countEntries(dbFile: string): number {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    return Number(db.prepare('select count(*) as entries from audit_entry').get()?.entries);
  } finally {
    db.close();
  }
}

/** SHA-256 over stored lines of the usual length, as they are. */
function hashesPerSecond(dbFile: string, times: number): number {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    const lines = db.prepare('select body from audit_entry order by seq limit 1000').all();
    const bodies = lines.map(({ body }) => String(body));
    const beganAt = performance.now();
    for (let turn = 0; turn < times; turn += 1) hash('sha256', bodies[turn % bodies.length] ?? '');
    return (times / (performance.now() - beganAt)) * MS_PER_SECOND;
  } finally {
    db.close();
  }
}
