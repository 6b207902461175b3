import type { Simulated } from "./simulate.ts"

/**
 * The fewest faults with which a run still breaks the same promise, found by
 * leaving out ever smaller parts of them: delta debugging, after Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
 *
 * Runs again at most `most` times; what it has by then may not be the least.
 */
export const shrink = (
  failed: Simulated,
  again: (only: ReadonlySet<string>) => Simulated,
  most = 60
): ReadonlyArray<string> => {
  const promise = promiseOf(failed.violations[0])
  let left = most
  const stillFails = (only: ReadonlyArray<string>) =>
    left-- > 0 && again(new Set(only)).violations.some((violation) => promiseOf(violation) === promise)

  let faults: ReadonlyArray<string> = [...new Set(failed.injected)]
  if (stillFails([])) return []
  let size = Math.ceil(faults.length / 2)
  while (size > 0) {
    const smaller = partsLeftOut(faults, size).find(stillFails)
    if (smaller === undefined) size = size === 1 ? 0 : Math.ceil(size / 2)
    else faults = smaller
  }
  return faults
}

/** All but the first `size`, all but the second, and so on. */
const partsLeftOut = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, part) => [
    ...all.slice(0, part * size),
    ...all.slice((part + 1) * size)
  ])

const promiseOf = (violation: string | undefined) => violation?.split(":")[0]
