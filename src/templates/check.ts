import { listed, suggestion } from '../closest.ts';
import { EVENT_NAMES, type WatcherEvent } from '../domain/event/event.ts';
import { sampleEvent } from '../domain/event/sample.ts';
import { type EventSubject, isOfWatch } from '../domain/event/subject.ts';
import { createEngine, type EngineOptions, type Variable } from './engine.ts';
import { TemplateFault } from './template-fault.ts';
import { type ChannelFacts, KNOWN_NAMES, type Names, valuesOf } from './values.ts';

/** Any will do: nothing of the check depends on it. */
const AT = Date.parse('2026-11-02T08:14:05Z');

/** Lists and texts have these besides what is in them. */
const ALWAYS_THERE = ['first', 'last', 'size'];

/**
 * Why a template cannot be used on a channel; `null` when it can. It is parsed, its variables are looked up, and it is tried with a
 * sample of every event.
 */
export async function findTemplateFault(
  text: string,
  channel: ChannelFacts,
  limits: Pick<EngineOptions, 'renderLimitMs'> = {},
): Promise<string | null> {
  const { timeZone } = channel;
  const engine = await createEngine({ ...limits, escapeValue: (value) => value, timeZone });
  try {
    const template = engine.parse(text);
    template.variables().forEach(expectKnown);
    for (const [event, publicUrl] of samples(channel.name)) {
      template.render(valuesOf(event, channel, publicUrl));
    }
    return null;
  } catch (thrown) {
    if (thrown instanceof TemplateFault) return thrown.message;
    throw thrown;
  }
}

function expectKnown({ steps, ...place }: Variable): void {
  let names: Names | null = KNOWN_NAMES;
  const path: string[] = [];
  for (const step of steps) {
    // What is computed (`job[name]`) is seen when it is rendered; below a text or a list nothing is known.
    if (names === null || typeof step !== 'string' || ALWAYS_THERE.includes(step)) return;
    path.push(step);
    if (!Object.hasOwn(names, step)) {
      const known = Object.keys(names);
      const hint = suggestion(step, known) || `; known here: ${listed(known, known.length)}`;
      throw new TemplateFault(`there is no ${path.join('.')}${hint}`, place);
    }
    names = names[step] ?? null;
  }
}

/** Every event twice: as bare as one can be, and with everything that one can have. */
function samples(channel: string): Array<[event: WatcherEvent, publicUrl: string | null]> {
  return EVENT_NAMES.flatMap((name) => {
    const bare = sampleEvent(name, { channel, now: AT });
    const full: WatcherEvent = {
      ...bare,
      subject: fullSubject(bare.subject),
      note: 'What else is known.',
      test: false,
    };
    return [
      [bare, null],
      [full, 'https://restores.example.com'],
    ];
  });
}

function fullSubject(subject: EventSubject): EventSubject {
  if (!isOfWatch(subject)) return subject;
  const watched = {
    labels: { team: 'payments' },
    projectUrl: 'https://cloud.mongodb.com/v2/5f0e1d2c3b4a596877665544#/clusters',
  };
  if (subject.kind === 'watch') return { ...subject, ...watched };
  const { job } = subject;
  return {
    ...subject,
    ...watched,
    inferred: true,
    late: true,
    job: {
      ...job,
      warnings: true,
      finishedAt: AT,
      expiresAt: AT,
      snapshotId: job.id,
      errorMessage: 'What Atlas says.',
      progress: { done: 1, total: 2 },
      batchId: job.id,
      actor: { confidence: 'exact', id: job.id, name: 'ann@example.com', address: '203.0.113.7' },
    },
  };
}
