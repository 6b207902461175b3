import type { Fiber } from "effect"
import { Duration, Effect, FiberId, Option, Runtime } from "effect"
import { constants } from "node:os"
import type { InvalidOption } from "../../domain/errors.ts"
import * as log from "../telemetry/workerLog.ts"
import { toMillis } from "../../platform/monotonic.ts"
import { guardTelemetry } from "../../store/guardTelemetry.ts"
import { checkOption } from "../../domain/check.ts"
import { Grace } from "../../domain/limits.ts"
import { ProcessEnd } from "./ProcessEnd.ts"

/** A package runner passes a Ctrl-C on that the terminal has sent to everyone already, sometimes as a SIGTERM. */
const echoFor = 500

/** The signals that end a process. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The options of `handleSignals`. */
export interface SignalOptions {
  /** Exits with 1 if the process still runs this long after the grace of its workers. Never, unless given. */
  readonly exitAfterGrace?: Duration.DurationInput
}

/**
 * Listens while `program` runs to SIGINT, SIGTERM, SIGHUP and uncaught exceptions
 * of the process, for all of its workers.
 *
 * The first signal has them drain. The second ends their grace: running jobs are
 * interrupted and handed back at once. The third exits with 128 + the signal's
 * number, also where a signal has no default action, as in a container's first
 * process. What follows within half a second is its echo.
 *
 * An uncaught exception, of which the process dies, shortens its leases to 5 s, so
 * that its jobs run elsewhere soon. They are not handed back: work that a handler
 * has started may go on without it.
 *
 * It ends the workers and not the program, which `NodeRuntime.runMain` does,
 * or the framework that the app is made with. For `runMain`, a SIGHUP is also
 * a SIGTERM.
 *
 * Without it, nothing of Holdfast listens to signals: workers drain when their
 * fiber or layer ends, and the app decides what a second signal does.
 */
export const handleSignals =
  (options: SignalOptions = {}) => <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E | InvalidOption, R> =>
    Effect.acquireUseRelease(listen(options), () => program, (stop) => stop)

/** Answers an effect that stops listening. */
const listen = ({ exitAfterGrace }: SignalOptions) =>
  Effect.gen(function*() {
    const exitsAfter = exitAfterGrace === undefined
      ? Option.none()
      : Option.some(yield* checkOption("exitAfterGrace", Grace, exitAfterGrace))
    const processEnd = yield* ProcessEnd
    const clock = yield* Effect.clock
    const runtime = yield* Effect.runtime()
    // A logger that throws here would be an exception that nobody catches.
    const run = (effect: Effect.Effect<void>) => Runtime.runSync(runtime)(guardTelemetry(effect))
    let timer = Option.none<Fiber.RuntimeFiber<void>>()
    let count = 0
    let countedAt = -Infinity
    let isPassingOn = false

    const cutLeases = () => {
      for (const worker of processEnd.workers) {
        try {
          worker.cutLeases()
        } catch {
          // A bug here must not hide the exception that the process dies of.
        }
      }
    }

    const exit = (code: number) => {
      try {
        cutLeases()
        run(Effect.forEach(processEnd.workers, (worker) => worker.leaveBehind, { discard: true }))
      } finally {
        process.exit(code)
      }
    }

    const stopTimer = () => Option.map(timer, (fiber) => fiber.unsafeInterruptAsFork(FiberId.none))

    const exitLater = (grace: Duration.Duration) => {
      stopTimer()
      timer = Option.map(exitsAfter, (after) =>
        Runtime.runFork(runtime)(
          // The runtime is that of a region that nothing interrupts.
          Effect.interruptible(Effect.delay(Effect.sync(() => exit(1)), Duration.sum(grace, after)))
        ))
    }

    const onSignal = (signal: typeof endings[number]) => {
      const now = toMillis(clock.unsafeCurrentTimeNanos())
      if (isPassingOn || now - countedAt < echoFor) {
        return
      }
      countedAt = now
      count++
      if (count > 2) {
        return exit(128 + constants.signals[signal])
      }
      const isFirst = count === 1
      run(log.toldToEnd(signal, isFirst))
      run(isFirst ? processEnd.begin : processEnd.endGrace)
      exitLater(isFirst ? longestGrace(processEnd) : Duration.zero)
      if (signal === "SIGHUP" && isFirst) {
        isPassingOn = true
        process.emit("SIGTERM", "SIGTERM")
        isPassingOn = false
      }
    }

    for (const ending of endings) {
      process.on(ending, onSignal)
    }
    process.on("uncaughtExceptionMonitor", cutLeases)
    return Effect.suspend(() => {
      process.removeListener("uncaughtExceptionMonitor", cutLeases)
      for (const ending of endings) {
        process.removeListener(ending, onSignal)
      }
      stopTimer()
      return processEnd.callOff
    })
  })

const longestGrace = ({ workers }: typeof ProcessEnd.Service) =>
  [...workers].reduce((longest, { grace }) => Duration.max(longest, grace), Duration.zero)
