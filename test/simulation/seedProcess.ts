import { simulate } from "./simulate.ts"

/* Runs the seeds that its parent sends, one after the other, until the parent has no more. */

const template = process.argv[2] ?? ""

process.on("message", (seed) => {
  process.send?.(simulate({ seed: Number(seed), template }))
})

process.on("disconnect", () => process.exit(0))
