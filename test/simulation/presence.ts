import { Effect, Runtime } from "effect"
import type { Presence } from "../../src/store/Presence.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import type { World } from "./World.ts"

/**
 * A model of the sockets by which workers of one machine see each other
 * (store/sqlite/presence): a worker that was shown and whose process is dead is gone,
 * and nothing else is. Half of the hints are lost.
 */
export class Presences {
  private readonly world: World
  private readonly isOn: boolean
  /** Those that were shown, and not hidden. */
  private readonly shown = new Map<string, SimulatedProcess>()
  private readonly watching = new Map<() => void, SimulatedProcess>()

  constructor(world: World, isOn: boolean) {
    this.world = world
    this.isOn = isOn
  }

  /** What a process sees; nothing in a fleet without. */
  of(process: SimulatedProcess): Presence | undefined {
    if (!this.isOn) return undefined
    return {
      show: (worker) =>
        Effect.sync(() => {
          this.shown.set(worker, process)
          return Effect.sync(() => void this.shown.delete(worker))
        }),
      watch: (changed) =>
        Effect.flatMap(Effect.runtime(), (runtime) => {
          const tell = () => void Runtime.runFork(runtime)(changed)
          return Effect.asVoid(Effect.acquireRelease(
            Effect.sync(() => this.watching.set(tell, process)),
            () => Effect.sync(() => this.watching.delete(tell))
          ))
        }),
      anyGone: Effect.sync(() => [...this.shown.values()].some(({ alive }) => !alive)),
      gone: (workers) => Effect.sync(() => workers.filter((worker) => this.shown.get(worker)?.alive === false)),
      tidy: (holders) =>
        Effect.map(holders, ({ areAll, workers }) => {
          for (const [worker, { alive }] of this.shown) {
            if (areAll && !alive && !workers.has(worker)) this.shown.delete(worker)
          }
        })
    }
  }

  /** A process has died, of which the others may hear. */
  died(dead: SimulatedProcess): void {
    for (const [tell, process] of this.watching) {
      if (process === dead) this.watching.delete(tell)
      else if (this.world.stream("hints", `${dead.name} ${process.name}`).number() < 0.5) {
        this.world.after(0, () => {
          if (process.running) process.inThread(tell)
        })
      }
    }
  }
}
