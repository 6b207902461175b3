import type { Production } from "./conversation.ts"
import { produce, queues } from "./conversation.ts"
import type { Payload } from "./load.ts"

/* The process that sends, in the latency from one process to another. */

const { file, jobs, queue } = JSON.parse(process.argv[2] ?? "") as Production

if (queue === undefined) {
  await produce(jobs, (payload: Payload) => new Promise((resolve) => process.send?.(payload, resolve)))
} else {
  const { close, send } = await queues[queue](file)
  await produce(jobs, send)
  await close()
}
process.exit(0)
