import { writeSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { contenders } from "./queues.ts"

/*
 * A worker of one of the queues. It says when a run begins and ends, at once: a
 * killed process has no time to flush.
 */

const [name = "", place = ""] = process.argv.slice(2)

const contender = contenders[name]
if (contender === undefined) throw new Error(`there is no queue called ${name}`)
const queue = await contender.open(place)
await queue.listen(async ({ computes, waits }) => {
  writeSync(1, "begins\n")
  const until = performance.now() + computes
  while (performance.now() < until);
  await sleep(waits)
  writeSync(1, "ends\n")
})
writeSync(1, "listens\n")
