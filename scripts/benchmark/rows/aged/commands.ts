import type { Home } from '../../../../test/support/daemon.ts';
import type { Bench } from '../../bench.ts';
import { span } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { type CommandCost, costOfCommand } from '../../shell/command-cost.ts';
import { commandsOf, type Known } from './questions.ts';

const WANTED_MS = 50;
const TURNS = { long: 5, short: 1 };

/** What a command takes on an old store and on an empty one. */
interface Cost {
  command: readonly string[];
  old: CommandCost;
  fresh: CommandCost;
}

/** What age costs every command that only reads: its time beyond what it takes on an empty store, which is mostly its start. */
export async function commandLines(
  bench: Bench,
  { home, empty, known }: { home: Home; empty: Home; known: Known },
): Promise<Line[]> {
  bench.say('every command that only reads');
  const costs: Cost[] = [];
  for (const command of commandsOf(known)) costs.push(await compare(bench, command, home, empty));
  bench.detail(
    'Every command that only reads, with its start',
    ['command', 'CPU, two years old', 'CPU, empty store', 'time, two years old', 'time, empty store'],
    costs.map(({ command, old, fresh }) => [
      `\`${command.join(' ')}\``,
      ...[old.cpuMs, fresh.cpuMs, old.wallMs, fresh.wallMs].map(span),
    ]),
  );
  const beyond = ({ old, fresh }: Cost): number => old.cpuMs - fresh.cpuMs;
  const [dearest] = costs.toSorted((a, b) => beyond(b) - beyond(a));
  const most = dearest === undefined ? Number.NaN : beyond(dearest);
  return [
    {
      what: `what age costs the dearest of ${costs.length} commands: CPU beyond an empty store`,
      goal: atMost(`${WANTED_MS} ms`, [most, WANTED_MS]),
      got: `${span(Math.max(0, most))}: \`${dearest?.command.join(' ')}\``,
    },
  ];
}

/** In turn, and the least of each: what the machine does besides only ever adds. */
async function compare(
  { image, isShort }: Bench,
  command: readonly string[],
  home: Home,
  empty: Home,
): Promise<Cost> {
  const old: CommandCost[] = [];
  const fresh: CommandCost[] = [];
  const whole = [...image.entrypoint, ...command];
  // A job that is asked for by its id is not on an empty store, and the answer is then 1.
  const asksForJob = /^[0-9a-f]{24}$/.test(command.at(-1) ?? '');
  const onEmpty = asksForJob ? [...image.entrypoint, ...command.slice(0, -1)] : whole;
  for (let turn = 0; turn < (isShort ? TURNS.short : TURNS.long); turn += 1) {
    old.push(await costOfCommand(whole, { dir: home.dir, env: image.env, times: 1 }));
    fresh.push(await costOfCommand(onEmpty, { dir: empty.dir, env: image.env, times: 1 }));
  }
  return { command, old: least(old), fresh: least(fresh) };
}

function least(costs: readonly CommandCost[]): CommandCost {
  return {
    cpuMs: Math.min(...costs.map((cost) => cost.cpuMs)),
    wallMs: Math.min(...costs.map((cost) => cost.wallMs)),
    peakMib: Math.max(...costs.map((cost) => cost.peakMib)),
  };
}
