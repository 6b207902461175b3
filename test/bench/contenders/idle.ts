import { setTimeout as sleep } from "node:timers/promises"
import { watchLoop } from "../measure.ts"

/** A process that does nothing: what the machine itself does to an event loop. */
export const watchIdle = async (millis: number) => {
  const loop = watchLoop()
  await sleep(millis)
  const lap = loop.lap()
  loop.stop()
  return lap
}
