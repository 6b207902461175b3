import { simulate } from "./simulate.ts"

/*
 * Runs the seeds that its parent sends, one after the other. Errors carry no
 * stacks: they are part of no history, and making them took a third of the time.
 */

Error.stackTraceLimit = 0

const template = process.argv[2] ?? ""

process.on("message", (seed) => {
  process.send?.(simulate({ seed: Number(seed), template }))
})

process.on("disconnect", () => process.exit(0))
