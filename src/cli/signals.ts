import { Duration, Effect } from "effect"

/** Package runners pass on a Ctrl-C that the terminal has sent to everyone already: the same one, seen twice. */
const sameSignalFor = 500

/** How much longer than its grace a shutdown may take. */
const hardEndAfterGrace = 5_000

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/**
 * The process's part of a shutdown, next to `NodeRuntime.runMain`, which
 * interrupts the program at the first SIGINT or SIGTERM.
 *
 * SIGHUP counts as SIGTERM. From the first signal on the process has `grace`
 * and 5 s more, then it exits with 1 whatever it is waiting for. A second signal
 * kills it at once.
 */
export const handleSignals = (grace: Duration.Duration): Effect.Effect<void> =>
  Effect.sync(() => {
    let ending = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (ending) return
      ending = true
      if (signal === "SIGHUP") process.kill(process.pid, "SIGTERM")
      setTimeout(() => process.exit(1), Duration.toMillis(grace) + hardEndAfterGrace).unref()
      // Without a listener, the next one does what a signal does.
      setTimeout(() => {
        for (const ending of endings) process.removeListener(ending, onSignal)
      }, sameSignalFor).unref()
    }
    for (const ending of endings) process.on(ending, onSignal)
  })
