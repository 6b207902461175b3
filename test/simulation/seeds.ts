import type { ChildProcess } from "node:child_process"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Simulated } from "./simulate.ts"

/** Runs each seed in one of some processes, and tells of each as it is done. Fails when a process dies, and kills all when aborted. */
export const simulateSeeds = (options: {
  readonly seeds: Iterable<number>
  readonly template: string
  readonly processes: number
  /** The compiled seedProcess, which lies beside this file when this is compiled. */
  readonly program?: URL
  readonly done: (simulated: Simulated) => void
  readonly signal?: AbortSignal
}): Promise<void> => {
  const left = options.seeds[Symbol.iterator]()
  const { program = new URL("seedProcess.js", import.meta.url) } = options
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child: ChildProcess = fork(fileURLToPath(program), [options.template], {
        // Maps go across as they are.
        serialization: "advanced",
        ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: "SIGKILL" })
      })
      let seed: number | undefined
      const next = () => {
        const { done, value } = left.next()
        if (done === true) {
          seed = undefined
          child.disconnect()
        } else {
          seed = value
          child.send(value)
        }
      }
      child.on("message", (simulated) => {
        options.done(simulated as Simulated)
        next()
      })
      child.on("exit", (code, signal) => {
        if (seed === undefined && code === 0) resolve()
        else reject(new Error(`the process that ran seed ${seed} ended with ${signal ?? code}`))
      })
      child.on("error", reject)
      next()
    })
  return Promise.all(Array.from({ length: options.processes }, work)).then(() => undefined)
}
