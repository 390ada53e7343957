import { formatSpan } from '../instant.ts';
import { actorWords } from '../job/actor.ts';
import type { Fate } from '../job/cession.ts';
import { DRILL_KINDS } from './drill-kinds.ts';
import type { EventKind } from './event-kind.ts';
import { WHILE_MISSING, WHILE_READY, WHILE_RUNNING } from './lasting.ts';

const MINUTE = 60_000;

/** A watch, and in words the part of it that is meant; `null`: all of it. */
interface Watched {
  watch: string;
  place?: string | null;
}

/** Why nothing more will be heard of something: the configuration no longer asks for the watch or the channel, or see `Fate`. */
export type LeftBecause = 'unconfigured' | Fate;

const FATES: Readonly<Record<Fate, string>> = {
  gone: 'it has gone from Atlas',
  ceded: 'another watch has it now',
  excluded: 'the configuration leaves it out',
};

const LEFT_CONFIGURATION = 'has left the configuration: what was told of it no longer holds';

/**
 * Every event there is, a row each: what is said of it, and what follows from it. A new event is a row here and the place where it
 * arises. The order is that in which people are shown them to choose from.
 */
export const EVENT_KINDS = {
  started: {
    about: 'job',
    severity: 'info',
    mutedBy: 'any',
    opens: null,
    closes: [],
    inDigest: { rank: 12, words: 'started' },
    summary: ({ what }) => `${what} started`,
    advice: () =>
      'A restore is running. If nobody on your team started it, find out who did: it may be about to overwrite its target.',
    span: 'running_again',
    happensAt: 'createdAt',
    saysExpectedEnd: true,
    lasts: {
      ...WHILE_RUNNING,
      supersededBy: 'stalled',
      again: ({ what, after }) => `${what} is still running${after}`,
    },
    sample: { from: null, outcome: null, usualMs: 20 * MINUTE },
  },
  attributed: {
    about: 'job',
    severity: 'info',
    mutedBy: 'any',
    opens: null,
    closes: [],
    inDigest: { rank: 18, words: 'attributed' },
    summary: ({ what, job }) => `${what} was started by ${job.actor ? actorWords(job.actor) : 'somebody'}`,
    advice: () =>
      'So the activity feed of the project says. The word behind the name says how sure that is; ask whoever it is where you did not expect the restore.',
    span: null,
    sample: { from: 'in_progress', outcome: null, actor: true },
  },
  ready: {
    about: 'job',
    severity: 'info',
    mutedBy: 'any',
    opens: null,
    closes: ['progress', 'absence'],
    inDigest: { rank: 11, words: 'ready' },
    summary: ({ what, after }) => `${what} is ready${after}`,
    advice: ({ job }) =>
      job.expiresAt
        ? 'The download can be fetched from Atlas until its link runs out.'
        : 'The download can be fetched from Atlas now. Its link does not live long.',
    span: 'took',
    sample: { from: 'in_progress', outcome: 'ready', linkEndsInMs: 45 * MINUTE },
  },
  finished: {
    about: 'job',
    severity: 'info',
    severityOf: ({ warnings }) => (warnings ? 'warning' : null),
    isRelief: true,
    mutedBy: 'any',
    opens: 'outcome',
    closes: ['progress', 'absence'],
    inDigest: { rank: 10, words: 'finished', wordsAsWarning: 'finished with warnings' },
    summary: ({ what, after, job }) => `${what} finished${job.warnings ? ' with warnings' : ''}${after}`,
    advice: ({ job }) =>
      job.warnings
        ? 'The data is back, but not everything is as it was. Check the indexes before you rely on it.'
        : 'The data is back. Nothing to do here.',
    span: 'took',
    sample: { from: 'in_progress', outcome: 'finished' },
  },
  failed: {
    about: 'job',
    severity: 'critical',
    mutedBy: 'any',
    opens: 'outcome',
    closes: ['progress', 'absence'],
    inDigest: { rank: 1, words: 'failed' },
    summary: ({ what, after }) => `${what} failed${after}`,
    advice: () =>
      'The data is not restored. Start another restore, perhaps from another snapshot, and see the activity feed in Atlas for the cause.',
    span: 'took',
    sample: { from: 'in_progress', outcome: 'failed' },
  },
  cancelled: {
    about: 'job',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'outcome',
    closes: ['progress', 'absence'],
    inDigest: { rank: 5, words: 'cancelled' },
    summary: ({ what, after }) => `${what} was cancelled${after}`,
    advice: () => 'Somebody stopped it. The data is not restored; start another one if it is still needed.',
    span: 'took',
    sample: { from: 'in_progress', outcome: 'cancelled' },
  },
  expired: {
    about: 'job',
    severity: 'warning',
    // That what had finished has run out is only news.
    severityOf: ({ from }) => (from === 'finished' ? 'info' : null),
    mutedBy: 'any',
    opens: 'outcome',
    closes: ['progress', 'absence'],
    inDigest: { rank: 6, words: 'expired' },
    summary: ({ what }) => `${what} expired`,
    advice: ({ from }) =>
      from === 'finished'
        ? 'It had finished before, so the data is where it should be. Nothing to do.'
        : 'It can no longer be used. Start another one if the data is still needed.',
    span: 'took_to_finish',
    happensAt: 'expiresAt',
    sample: { from: 'ready', outcome: 'expired', linkEndsInMs: -MINUTE },
  },
  expiring: {
    about: 'job',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'progress',
    closes: [],
    inDigest: { rank: 8, words: 'about to expire' },
    summary: ({ what, job, occurredAt }) => expiresIn(what, job.expiresAt, occurredAt),
    advice: () =>
      'Fetch it from Atlas before then. Afterwards the link is dead and a new download has to be started.',
    span: null,
    lasts: {
      ...WHILE_READY,
      again: ({ what, job, occurredAt }) => expiresIn(what, job.expiresAt, occurredAt),
    },
    sample: { from: 'ready', outcome: 'ready', linkEndsInMs: 45 * MINUTE },
  },
  stalled: {
    about: 'job',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'progress',
    closes: [],
    inDigest: { rank: 7, words: 'stalled' },
    noteLabel: 'Compare',
    summary: ({ what, after }) => `${what} is still running${after}`,
    advice: () =>
      'It takes longer than expected. Look at it in Atlas; if the data is urgent, think of a second restore to another target.',
    span: 'running',
    saysExpectedEnd: true,
    lasts: { ...WHILE_RUNNING, again: ({ what, after }) => `${what} is still running${after}` },
    sample: { from: 'in_progress', outcome: null, usualMs: 4 * MINUTE },
  },
  missing: {
    about: 'job',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'absence',
    // Nobody can say any more that it is slow, or that its link is about to run out.
    closes: ['progress'],
    inDigest: { rank: 4, words: 'missing' },
    summary: ({ what }) => `${what} has gone from Atlas before it ended`,
    advice: () =>
      'Atlas no longer knows this job, so how it ended cannot be told. Look at the target and at the activity feed in Atlas.',
    span: 'running',
    lasts: {
      ...WHILE_MISSING,
      again: ({ what, lasting }) => `${what} is still missing from Atlas, ${lasting}`,
    },
    sample: { from: 'in_progress', outcome: null },
  },
  watch_failing: {
    about: 'watch',
    severity: 'critical',
    // Who mutes a watch does not mean to go blind without a word, so it has to be named.
    mutedBy: 'name',
    opens: 'polling',
    closes: [],
    inDigest: { rank: 2, words: 'watch failing' },
    noteLabel: 'What to do',
    /** `isPolled`: it is, and less often than its schedule has it. `isOther`: it was told before, for another reason. */
    summary: ({
      watch,
      place = null,
      forMs,
      fault,
      isPolled = false,
      isOther = false,
    }: { forMs: number; fault: string; isPolled?: boolean; isOther?: boolean } & Watched) => {
      if (isPolled)
        return `Watch ${watch} cannot keep its schedule for ${formatSpan(forMs)} (rate_limited): ${fault}`;
      const what = place === null ? 'cannot be polled' : `cannot read ${place}`;
      return `Watch ${watch} ${what} for ${formatSpan(forMs)}${isOther ? ', now for another reason' : ''}: ${fault}`;
    },
    advice:
      'Restores of this watch go unseen until it can be polled again. What is wrong, "restore-watcher check --online" tells.',
    adviceWhenLimited:
      'A rate limit is in the way: restores of this watch are told of later than its schedule has it. What the schedules ask for, "restore-watcher check --online" tells.',
    lasts: {
      again: ({ name, place, lasting, fault, isLimited }) => {
        const limited = 'is held back by a rate limit';
        const what = place === null ? 'cannot be polled' : `cannot read ${place}`;
        return `Watch ${name} still ${isLimited ? limited : what}, ${lasting}${fault ? `: ${fault}` : ''}`;
      },
    },
    sample: (watch) => `Watch ${watch} has not been polled for 5 min`,
  },
  watch_recovered: {
    about: 'watch',
    severity: 'info',
    isRelief: true,
    mutedBy: 'name',
    opens: null,
    closes: ['polling'],
    inDigest: { rank: 13, words: 'watch recovered' },
    /** `left`: why nothing more will be heard of it; otherwise it is well again. `isLimit`: a rate limit was in the way. */
    summary: ({
      watch,
      place = null,
      left = null,
      isLimit = false,
    }: { left?: LeftBecause | null; isLimit?: boolean } & Watched) => {
      if (left === 'unconfigured') return `Watch ${watch} ${LEFT_CONFIGURATION}`;
      if (left !== null) return `Watch ${watch} no longer follows ${place}: ${FATES[left]}`;
      if (isLimit && place === null) return `Watch ${watch} keeps its schedule again`;
      return place === null ? `Watch ${watch} can be polled again` : `Watch ${watch} can read ${place} again`;
    },
    advice: 'The watch can be polled again. What happened in the meantime is told now.',
    adviceWhenLimited: 'No rate limit is in the way any more. Nothing to do.',
    adviceWhenLeft: 'This watch looks there no more. Nothing to do, if that is meant to be so.',
    closesWhenLeft: ['drill'],
    sample: (watch) => `Watch ${watch} can be polled again`,
  },
  ...DRILL_KINDS,
  channel_failing: {
    about: 'channel',
    severity: 'critical',
    // About the telling itself: silence about it would hide that everything else is silent too.
    mutedBy: 'none',
    opens: 'channel',
    closes: [],
    inDigest: { rank: 3, words: 'channel failing' },
    noteLabel: 'It says',
    /** `silentForMs`: for how long it has accepted nothing; `null`: it has given something up. */
    summary: ({ channel, silentForMs }: { channel: string; silentForMs: number | null }) =>
      silentForMs === null
        ? `Channel ${channel} has given up on a message`
        : `Channel ${channel} has accepted nothing for ${formatSpan(silentForMs)}`,
    advice:
      'People who rely on this channel do not hear of restores. What is owed to it is kept and tried for up to 24 hours.',
    lasts: { again: ({ name, lasting }) => `Channel ${name} still fails, ${lasting}` },
    sample: (channel) => `Channel ${channel} has accepted nothing for 10 min`,
  },
  channel_recovered: {
    about: 'channel',
    severity: 'info',
    isRelief: true,
    mutedBy: 'none',
    opens: null,
    closes: ['channel'],
    inDigest: { rank: 14, words: 'channel recovered' },
    summary: ({ channel, left }: { channel: string; left?: 'unconfigured' }) =>
      left === undefined
        ? `Channel ${channel} accepts messages again`
        : `Channel ${channel} ${LEFT_CONFIGURATION}`,
    advice: 'The channel accepts messages again. What waited for it is on its way.',
    adviceWhenLeft: 'Nothing is sent there any more. Nothing to do, if that is meant to be so.',
    sample: (channel) => `Channel ${channel} accepts messages again`,
  },
  audit_forked: {
    about: 'audit',
    severity: 'critical',
    mutedBy: 'none',
    opens: 'audit',
    closes: [],
    inDigest: { rank: 15, words: 'audit log forked' },
    noteLabel: 'It says',
    /** `witness`: who has seen the log otherwise before. */
    summary: ({ witness }: { witness: string }) =>
      `The audit log is not the one that ${witness} has seen before`,
    advice:
      'Entries were taken out of it or changed, or the store was put back to an older state. Keep the files as they are, and compare them with a checkpoint that was kept elsewhere: "restore-watcher audit verify --checkpoint FILE".',
    sample: (origin) => `The audit log ${origin} is not the one that its witness has seen before`,
  },
  audit_agreed: {
    about: 'audit',
    severity: 'info',
    isRelief: true,
    mutedBy: 'none',
    opens: null,
    closes: ['audit'],
    inDigest: { rank: 16, words: 'audit log agreed' },
    summary: ({ witness }: { witness: string }) => `The audit log goes on from what ${witness} has seen`,
    advice:
      'Nothing to do, if somebody has mended it. Entries that were missing meanwhile are in the log again.',
    sample: (origin) => `The audit log ${origin} goes on from what its witness has seen`,
  },
  checkpoint: {
    about: 'audit',
    severity: 'info',
    onlyByName: true,
    mutedBy: 'none',
    opens: null,
    closes: [],
    inDigest: { rank: 17, words: 'checkpoint' },
    noteLabel: 'Root',
    summary: ({ size }: { size: number }) => `The audit log was signed, with ${size} entries`,
    advice:
      'Keep it where nobody changes it: later it proves that nothing before it was changed. The webhook carries it whole; "restore-watcher audit checkpoint" prints it.',
    sample: (origin) => `The audit log ${origin} was signed`,
  },
} as const satisfies Record<string, EventKind>;

function expiresIn(what: string, expiresAt: number | null, now: number): string {
  return expiresAt === null ? `${what} expires soon` : `${what} expires in ${formatSpan(expiresAt - now)}`;
}
