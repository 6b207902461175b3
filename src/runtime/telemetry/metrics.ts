import { Metric, MetricBoundaries } from "effect"
import { telemetryFailures } from "../../store/guardTelemetry.ts"
import { hangs, keptByThread } from "../../store/keeper/keeperReports.ts"
import { walSize } from "../../store/walSize.ts"

const seconds = MetricBoundaries.exponential({ start: 0.001, factor: 4, count: 12 })

/** Holdfast's metrics, for code that reads them. Spans are in seconds. */
export const metrics = {
  enqueued: Metric.counter("holdfast_jobs_enqueued", { description: "Jobs enqueued, by kind", incremental: true }),
  claimed: Metric.counter("holdfast_jobs_claimed", { description: "Attempts begun, by kind", incremental: true }),
  settled: Metric.counter("holdfast_jobs_settled", {
    description: "Attempts ended, by kind and outcome",
    incremental: true
  }),
  staleReleased: Metric.counter("holdfast_stale_releases", {
    description: "Jobs whose lease ran out, by kind and the status they got",
    incremental: true
  }),
  leasesLost: Metric.counter("holdfast_leases_lost", {
    description: "Attempts that lost their lease or came to its deadline, by kind",
    incremental: true
  }),
  outcomesUnknown: Metric.counter("holdfast_outcomes_unknown", {
    description: "Attempts whose outcome may or may not have been written, by kind",
    incremental: true
  }),
  zombies: Metric.counter("holdfast_zombies", {
    description: "Handlers that went on running after they were told to stop, by kind",
    incremental: true
  }),
  heartbeatFailures: Metric.counter("holdfast_heartbeat_failures", {
    description: "Heartbeats that did not get through, by kind",
    incremental: true
  }),
  heartbeatLateness: Metric.histogram(
    "holdfast_heartbeat_lateness_seconds",
    seconds,
    "How much later than its interval a heartbeat was sent: a blocked event loop shows here"
  ),
  keptByThread,
  hangs,
  loopDelay: Metric.gauge("holdfast_event_loop_delay_seconds", {
    description: "The longest that the event loop of a worker's process was blocked, in the last minute or two"
  }),
  jobDuration: Metric.histogram("holdfast_job_duration_seconds", seconds, "From claim to settle, by kind"),
  queueDelay: Metric.histogram("holdfast_queue_delay_seconds", seconds, "From due to claimed, by kind"),
  unclaimedLanes: Metric.gauge("holdfast_unclaimed_lane_seconds", {
    description:
      "For how long the oldest due job of a lane has waited that no worker claims from, by queue and kind; " +
      "0 once one does or nothing is due"
  }),
  oldestDue: Metric.gauge("holdfast_oldest_due_job_seconds", {
    description: "The time that the oldest due job has waited, by queue and kind; 0 if none is due, or they are paused"
  }),
  lastLook: Metric.gauge("holdfast_last_look_timestamp_seconds", {
    description:
      "The instant of the last look at the queue that succeeded: a worker with room looks at least every poll interval"
  }),
  leasesHeld: Metric.gauge("holdfast_leases_held", {
    description: "Jobs under leases that are not over, of every process, by queue and kind; at most 1,000 are counted"
  }),
  leasesOver: Metric.gauge("holdfast_leases_over", {
    description:
      "Jobs under leases that are over until a sweep frees them, by queue and kind: their workers are dead or blocked"
  }),
  paused: Metric.gauge("holdfast_paused_seconds", {
    description: "The time for which a queue or a kind has been paused, by scope and name; 0 if it is not any more"
  }),
  gauged: Metric.gauge("holdfast_gauges_timestamp_seconds", {
    description:
      "The instant at which the oldest due jobs, leases and pauses were last read: older values tell of the past"
  }),
  pruned: Metric.counter("holdfast_jobs_pruned", {
    description: "Finished jobs deleted once their retention was over, by status",
    incremental: true
  }),
  workerRestarts: Metric.counter("holdfast_worker_restarts", {
    description: "Workers that died and were started again",
    incremental: true
  }),
  walSize,
  telemetryFailures
}
