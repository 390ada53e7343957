/** What one metric is called, what kind it is, and what it says. */
interface Definition {
  type: 'counter' | 'gauge' | 'histogram';
  /** Never `job` or `instance`: those say to Prometheus which process it asked. */
  labels: readonly string[];
  /** One line, for whoever sees the metric for the first time. */
  help: string;
  /** Upper bounds of a histogram, in the unit of its name. */
  buckets?: readonly number[];
}

/** A running job has a series of its own in some metrics: so many at once, those that began first, and never more. */
export const JOBS_AT_MOST = 100;

/** So many instances have a series that says when a restore finished last, those where it was latest. */
export const INSTANCES_AT_MOST = 1_000;

/** Over so many milliseconds up to now it is told how much was watched. */
export const COVERAGE_WINDOW_MS = 24 * 3_600_000;

/** Every metric there is, by its full name, in the order in which people read of them. The one table: `docs/metrics.md` is made of it. */
export const METRICS = {
  restore_watcher_build_info: {
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1; the labels say what is running.',
  },
  restore_watcher_ready: {
    type: 'gauge',
    labels: [],
    help: '1 while /readyz says so: every watch sees, every channel is in use, the store can be written.',
  },
  restore_watcher_leases: {
    type: 'gauge',
    labels: ['kind'],
    help: 'What this replica does, by kind (project, discovery, channel, keeper); none where the store serves one daemon alone.',
  },
  restore_watcher_replicas: {
    type: 'gauge',
    labels: ['configuration'],
    help: 'Replicas that live, as this one sees it, by the beginning of the SHA-256 of their configuration: more than one series is a fault.',
  },
  restore_watcher_mutes_in_force: {
    type: 'gauge',
    labels: [],
    help: 'Mutes that keep something from people at present.',
  },
  restore_watcher_config_reloads_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Configurations that were read while running, by outcome (ok, failed).',
  },
  restore_watcher_config_last_reload_successful: {
    type: 'gauge',
    labels: [],
    help: '1 while the configuration in force is the one that was read last; 0 while that one has faults.',
  },
  restore_watcher_config_loaded_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Since when the configuration in force has been in force.',
  },
  restore_watcher_polls_total: {
    type: 'counter',
    labels: ['watch', 'outcome'],
    help: 'Polls that have ended, by outcome (ok, failed).',
  },
  restore_watcher_poll_duration_seconds: {
    type: 'histogram',
    labels: [],
    help: 'How long a poll took, retries included.',
    // From a quick poll of one job to a long listing with retries.
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  },
  restore_watcher_last_successful_poll_timestamp_seconds: {
    type: 'gauge',
    labels: ['watch'],
    help: 'When the watch was last polled with success, also by an earlier process; before the first time, since when it is configured, or polled by this replica. None while another replica polls it.',
  },
  restore_watcher_coverage_ratio: {
    type: 'gauge',
    labels: ['watch'],
    help: 'How much of the last 24 h was watched, of all instances of the watch together, from 0 to 1; up to a minute old. Each gap and its cause: audit coverage.',
  },
  restore_watcher_watch_blind: {
    type: 'gauge',
    labels: ['watch'],
    help: '1 while the watch cannot be relied on: no poll has succeeded within its due time, or none yet since the start. Alert on it.',
  },
  restore_watcher_watch_schedule_seconds: {
    type: 'gauge',
    labels: ['watch'],
    help: 'From one poll of the watch to the next, as the schedule in use has it.',
  },
  restore_watcher_watch_period_seconds: {
    type: 'gauge',
    labels: ['watch'],
    help: 'From one poll of the watch to the next, as the rate limits allow it: as scheduled, or longer.',
  },
  restore_watcher_watch_throttled: {
    type: 'gauge',
    labels: ['watch', 'by'],
    help: '1 while a rate limit keeps the watch from its schedule, by which: ceiling (requestsPerMinute), bucket (what Atlas leaves), silence (that Atlas asked for).',
  },
  restore_watcher_watch_due_seconds: {
    type: 'gauge',
    labels: ['watch'],
    help: 'How old the last successful poll may become before the watch counts as blind.',
  },
  restore_watcher_hinted_projects: {
    type: 'gauge',
    labels: ['watch'],
    help: 'Projects of the watch that are polled when their activity feed tells of a restore, and in sweeps.',
  },
  restore_watcher_unhinted_projects: {
    type: 'gauge',
    labels: ['watch', 'reason'],
    help: 'Projects of the watch that are polled at every tick all the same, by reason: few, seldom, proving, missed, refused, unreadable, silent.',
  },
  restore_watcher_hint_missed_total: {
    type: 'counter',
    labels: ['watch'],
    help: 'Jobs that were found although the activity feed of their project had not told of them within a minute.',
  },
  restore_watcher_place_failing: {
    type: 'gauge',
    labels: ['watch', 'project', 'instance_name'],
    help: '1 for each project, or instance of one, that a watch with "*" cannot read by itself. Alert on any.',
  },
  restore_watcher_api_requests_total: {
    type: 'counter',
    labels: ['connection', 'status'],
    help: 'Requests made to Atlas, by HTTP status; error where there was no answer.',
  },
  restore_watcher_rate_limit_remaining: {
    type: 'gauge',
    labels: ['connection', 'project', 'set'],
    help: 'Requests that Atlas said were left, to all who use the project, when it said so last.',
  },
  restore_watcher_requests_waiting: {
    type: 'gauge',
    labels: ['connection'],
    help: 'Requests to Atlas that wait for their turn in the rate budget.',
  },
  restore_watcher_api_sunset_timestamp_seconds: {
    type: 'gauge',
    labels: ['connection', 'endpoint'],
    help: 'When an API that is in use ends, as Atlas says. Alert when it comes near.',
  },
  restore_watcher_jobs: {
    type: 'gauge',
    labels: ['watch', 'state'],
    help: 'Restore jobs of the watch on record, by state.',
  },
  restore_watcher_oldest_event_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the oldest event on record was detected: how far back the record goes (store.keep).',
  },
  restore_watcher_transitions_total: {
    type: 'counter',
    labels: ['watch', 'to'],
    help: 'Transitions of restore jobs that were found, by the state they led to.',
  },
  restore_watcher_events_total: {
    type: 'counter',
    labels: ['watch', 'event'],
    help: 'Events of the watch that are no transition of a job (stalled, watch_failing, drill_overdue and so on), by name.',
  },
  restore_watcher_restore_duration_seconds: {
    type: 'histogram',
    labels: ['watch'],
    help: 'How long restores took that finished, a download until its link was ready. As Atlas says, or else until it was noticed.',
    buckets: [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400],
  },
  restore_watcher_last_finished_restore_timestamp_seconds: {
    type: 'gauge',
    labels: ['watch', 'project', 'instance_name'],
    help: `When a restore of the instance finished last; the latest ${INSTANCES_AT_MOST} of them.`,
  },
  restore_watcher_drill_overdue: {
    type: 'gauge',
    labels: ['watch'],
    help: '1 while no restore of the watch has finished for as long as expected (drill_overdue).',
  },
  restore_watcher_stalled_jobs: {
    type: 'gauge',
    labels: ['watch'],
    help: `Running restore jobs that are told as stalled; of the oldest ${JOBS_AT_MOST}.`,
  },
  restore_watcher_oldest_running_job_age_seconds: {
    type: 'gauge',
    labels: ['watch'],
    help: 'How long the restore job of the watch that began first has been running; 0 while none is.',
  },
  restore_watcher_job_expected_end_timestamp_seconds: {
    type: 'gauge',
    labels: ['watch', 'job_id'],
    help: `When a running restore job should end, where its progress or history tells; the oldest ${JOBS_AT_MOST} of them.`,
  },
  restore_watcher_deliveries_total: {
    type: 'counter',
    labels: ['channel', 'outcome'],
    help: 'Delivery attempts that have ended, by outcome (delivered, retry, given_up).',
  },
  restore_watcher_delivery_latency_seconds: {
    type: 'histogram',
    labels: [],
    help: 'From detecting a change, or from the slot of the digest that tells it, to its acceptance by a channel.',
    // From "at once" to the 24 h after which a delivery is given up.
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 28_800, 86_400],
  },
  restore_watcher_deliveries_pending: {
    type: 'gauge',
    labels: ['channel'],
    help: 'Deliveries owed and not yet made; those that wait for a digest count from its slot on.',
  },
  restore_watcher_deliveries_held: {
    type: 'gauge',
    labels: ['channel'],
    help: 'Deliveries that wait for the next digest of their channel.',
  },
  restore_watcher_deliveries_given_up: {
    type: 'gauge',
    labels: ['channel'],
    help: 'Deliveries that were given up and have not been redriven.',
  },
  restore_watcher_oldest_pending_delivery_age_seconds: {
    type: 'gauge',
    labels: ['channel'],
    help: 'For how long the oldest that the channel owes has been owed, with a digest from its slot; 0 while nothing is.',
  },
  restore_watcher_channel_failing: {
    type: 'gauge',
    labels: ['channel'],
    help: '1 from when the channel has given up, or accepted nothing for ten minutes, until ten minutes of calm (channel_failing).',
  },
  restore_watcher_channel_events_total: {
    type: 'counter',
    labels: ['channel', 'event'],
    help: 'Events about the channel itself (channel_failing, channel_recovered), by name.',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Resident memory size in bytes.',
  },
  process_start_time_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Start time of the process since unix epoch in seconds.',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    labels: [],
    help: 'Total user and system CPU time spent in seconds.',
  },
  nodejs_eventloop_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Lag of event loop in seconds, sampled at the scrape.',
  },
} as const satisfies Record<string, Definition>;

/** The names of all metrics. */
export type MetricName = keyof typeof METRICS;

/** The names of all metrics of one type. */
export type NameOf<Type extends Definition['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** The labels that a metric has. */
export type LabelOf<Name extends MetricName> = (typeof METRICS)[Name]['labels'][number];
