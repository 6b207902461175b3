import { simulate } from "./simulate.ts"

/* Runs the seeds that its parent sends, one after the other, until the parent has no more. */

const template = process.argv[2] ?? ""

process.on("message", (seed) => {
  // A parent that is gone wants no answer.
  process.send?.(simulate({ seed: Number(seed), template }), undefined, undefined, (error) => {
    if (error !== null) process.exit(1)
  })
})

process.on("disconnect", () => process.exit(0))
