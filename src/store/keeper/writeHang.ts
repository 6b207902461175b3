import type * as FileSystem from "node:fs"

/**
 * Writes to standard error that this process hangs, with the stack of its main thread if that can be had, and answers the
 * stack. The main thread can log nothing while it hangs, and a thread's own streams go through it. It is passed as text, see
 * `keepLeases`.
 */
export function writeHang(
  require: NodeJS.Require,
  stackOfMain: () => Promise<string | undefined>
): (millis: number, jobs: number) => Promise<string | undefined> {
  const { writeSync } = require("node:fs") as typeof FileSystem
  return async (millis, jobs) => {
    const stack = await stackOfMain()
    const message = `The event loop has been blocked for ${(millis / 1000).toFixed(1)} s. `
      + `The leases of ${jobs} ${jobs === 1 ? "job" : "jobs"} are left to run out.`
    const shown = stack === undefined ? "" : ` stack=${JSON.stringify(stack)}`
    try {
      writeSync(
        2,
        `timestamp=${new Date().toISOString()} level=ERROR fiber=#keeper message=${JSON.stringify(message)}${shown}\n`
      )
    } catch {
      // Nobody reads standard error any more.
    }
    return stack
  }
}
