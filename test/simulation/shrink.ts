import type { Simulated } from "./simulate.ts"

/**
 * The fewest faults with which a run still breaks the same promise, found by
 * leaving out ever smaller parts of them: delta debugging, after Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
 *
 * Runs again at most `most` times; what it has by then is not the least, but fails.
 */
export const shrink = (
  failed: Simulated,
  again: (only: ReadonlySet<string>) => Simulated,
  most = 60
): ReadonlyArray<string> => {
  const promise = promiseOf(failed.violations[0])
  let runs = 0
  const fails = (only: ReadonlyArray<string>) => {
    runs++
    return again(new Set(only)).violations.some((violation) => promiseOf(violation) === promise)
  }
  let faults: ReadonlyArray<string> = [...new Set(failed.injected)]
  if (!fails(faults)) return faults
  if (fails([])) return []
  let parts = 2
  while (faults.length >= 2 && runs < most) {
    const size = Math.ceil(faults.length / parts)
    let smaller: ReadonlyArray<string> | undefined
    for (let from = 0; from < faults.length && smaller === undefined && runs < most; from += size) {
      const without = [...faults.slice(0, from), ...faults.slice(from + size)]
      if (fails(without)) smaller = without
    }
    if (smaller !== undefined) {
      faults = smaller
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts = Math.min(faults.length, parts * 2)
  }
  return faults
}

const promiseOf = (violation: string | undefined) => violation?.split(":")[0]
