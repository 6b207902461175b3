import { Option } from "effect"
import type { Job, Worker } from "../index.ts"
import { InvalidOption } from "../index.ts"
import type { Flags } from "./flags.ts"
import type { Settings } from "./settings.ts"

/** A worker's options, from the flags and the environment. */
export const workerOptions = <const Jobs extends ReadonlyArray<Job.Any>>(
  jobs: Jobs,
  flags: Flags,
  settings: Settings
): Worker.Options<Jobs> & Worker.Limits => {
  const concurrency = Option.getOrElse(flags.concurrency, () => settings.concurrency)
  return {
    jobs,
    concurrency,
    ...Option.match(Option.getOrElse(flags.queues, () => settings.queues), {
      onNone: () => ({}),
      onSome: (queues) => ({
        queues: Object.fromEntries(
          Array.from(queues, ([queue, most]) => [queue, Option.getOrElse(most, () => concurrency)])
        )
      })
    }),
    pollInterval: Option.getOrElse(flags.pollInterval, () => settings.pollInterval),
    staleCheckInterval: Option.getOrElse(flags.staleCheckInterval, () => settings.staleCheckInterval),
    heartbeatInterval: settings.heartbeatInterval,
    leaseFor: settings.leaseFor,
    stallLimit: settings.stallLimit,
    shutdownGrace: settings.shutdownGrace,
    retention: settings.retention,
    logLevel: settings.logLevel,
    logErrors: settings.logErrors,
    once: flags.once,
    ...Option.match(Option.flatten(flags.maxJobs), { onNone: () => ({}), onSome: (maxJobs) => ({ maxJobs }) })
  }
}

/** The flag and the variable of each option of the worker. */
const givenBy: Readonly<Record<string, readonly [flag: keyof Flags | undefined, variable: string]>> = {
  concurrency: ["concurrency", "HOLDFAST_CONCURRENCY"],
  queues: ["queues", "HOLDFAST_QUEUES"],
  pollInterval: ["pollInterval", "HOLDFAST_POLL_INTERVAL"],
  staleCheckInterval: ["staleCheckInterval", "HOLDFAST_STALE_CHECK_INTERVAL"],
  heartbeatInterval: [undefined, "HOLDFAST_HEARTBEAT_INTERVAL"],
  leaseFor: [undefined, "HOLDFAST_LEASE_DURATION"],
  stallLimit: [undefined, "HOLDFAST_STALL_LIMIT"],
  shutdownGrace: [undefined, "HOLDFAST_SHUTDOWN_GRACE"],
  "retention.succeeded": [undefined, "HOLDFAST_RETAIN_SUCCEEDED"],
  "retention.failed": [undefined, "HOLDFAST_RETAIN_FAILED"],
  "retention.cancelled": [undefined, "HOLDFAST_RETAIN_CANCELLED"]
}

/** Names the flag or the variable that an option of the worker was given by. */
export const asGiven = (flags: Flags) => ({ allowed, given, option }: InvalidOption): InvalidOption => {
  const [flag, variable] = givenBy[option] ?? [undefined, option]
  const asFlag: unknown = flag === undefined ? undefined : flags[flag]
  const isFlag = flag !== undefined && Option.isOption(asFlag) && Option.isSome(asFlag)
  return new InvalidOption({
    option: isFlag ? `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}` : variable,
    given,
    allowed: option === "heartbeatInterval" ? `${allowed} (HOLDFAST_LEASE_DURATION)` : allowed
  })
}
