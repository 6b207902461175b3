import * as Options from "@effect/cli/Options"
import type { Duration, Option } from "effect"
import { Concurrency, TimerSpan } from "../domain/limits.ts"
import { flag } from "./flag.ts"
import type { Address } from "./httpSettings.ts"
import { address } from "./httpSettings.ts"
import type { Queues } from "./settings.ts"
import { count, limit, queues, span } from "./settings.ts"

/** The flags of `pnpm start`. A flag overrides the environment. */
export const flags = {
  concurrency: flag("concurrency", "number", count(Concurrency), "Most jobs at once (HOLDFAST_CONCURRENCY, 10)"),
  queues: flag(
    "queues",
    "names",
    queues,
    "Take jobs only from these queues, such as mail=5,default, and at most so many at once of each "
      + "(HOLDFAST_QUEUES, every queue)"
  ),
  pollInterval: flag(
    "poll-interval",
    "span",
    span(TimerSpan),
    "How often to look for jobs that nothing announced (HOLDFAST_POLL_INTERVAL, 5 seconds)"
  ),
  staleCheckInterval: flag(
    "stale-check-interval",
    "span",
    span(TimerSpan),
    "How often to free jobs whose worker died (HOLDFAST_STALE_CHECK_INTERVAL, 1 minute)"
  ),
  maxJobs: flag(
    "max-jobs",
    "number",
    limit,
    "Claim no more than this in all, and end when they have settled; 0 for no end"
  ),
  http: flag(
    "http",
    "[host:]port",
    address,
    "Serve the jobs' page and the HTTP APIs on this port, 0 for any that is free (HOLDFAST_HTTP_PORT, not served)"
  ),
  once: Options.boolean("once").pipe(
    Options.withDescription("Claim once, at most as many jobs as may run at once, and end when they have settled")
  ),
  dryRun: Options.boolean("dry-run").pipe(
    Options.withDescription("Log the due jobs that would be claimed, in claim order; write nothing")
  )
}

/** The flags as they were given. */
export interface Flags {
  readonly concurrency: Option.Option<number>
  /** The inner Option is always some: a flag cannot ask for every queue. */
  readonly queues: Option.Option<Option.Option<Queues>>
  readonly pollInterval: Option.Option<Duration.Duration>
  readonly staleCheckInterval: Option.Option<Duration.Duration>
  /** The inner Option is none for 0, which sets no limit. */
  readonly maxJobs: Option.Option<Option.Option<number>>
  readonly http: Option.Option<Address>
  readonly once: boolean
  readonly dryRun: boolean
}
