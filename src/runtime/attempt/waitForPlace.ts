import { Duration } from "effect"
import { StopReason } from "../../domain/Outcome.ts"
import type { Attempt } from "./Attempt.ts"

/**
 * Lets an attempt that was claimed ahead wait for a place. Then `run` is called, or
 * `stopped` if it is told to stop before. It waits for one heartbeat interval: the
 * handlers before it may never end, and another worker may have the job.
 */
export const waitForPlace = (
  { host: { heartbeatInterval, now, wakeUps }, slot, stopRequest }: Attempt,
  { run, stopped }: { readonly run: () => void; readonly stopped: (reason: StopReason) => void }
): void => {
  const wakeNoMore = wakeUps.at(
    now() + Duration.toMillis(heartbeatInterval),
    () => stopRequest.tellNow(StopReason.Shutdown())
  )
  const stopWaiting = slot.waitForPlace(() => {
    wakeNoMore()
    listenNoMore()
    run()
  })
  const listenNoMore = stopRequest.listen((reason) => {
    wakeNoMore()
    stopWaiting()
    stopped(reason)
  })
}
