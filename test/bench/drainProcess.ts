import { ManagedRuntime } from "effect"
import { work } from "./contenders/holdfast.ts"
import { jobsIn } from "./postgres/holdfast.ts"
import type { Share } from "./postgres/processes.ts"

/* A worker process on PostgreSQL: runs as many jobs as it is told, and answers with the CPU that it took for them. */

const [url = ""] = process.argv.slice(2)
const runtime = ManagedRuntime.make(jobsIn(url))

process.on("message", ({ jobs }: Share) => {
  const before = process.cpuUsage()
  void runtime.runPromise(work(jobs, 100, false)).then(() => {
    const { system, user } = process.cpuUsage(before)
    process.send?.(user + system)
  })
})
