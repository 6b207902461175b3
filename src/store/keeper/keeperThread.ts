import type { layout } from "./LeaseTable.ts"

/** The messages to the thread. */
export type Told =
  | { readonly add: TableData }
  | { readonly remove: number }
  /** There are leases again. */
  | "look"

/** The leases of one worker. */
export interface TableData {
  readonly id: number
  readonly worker: string
  readonly memory: SharedArrayBuffer
}

/** The messages of the thread. The event loop hears them once it is free again. */
export type Report =
  /** The event loop runs again after it was blocked for so long that leases were overdue. */
  | {
    readonly _tag: "Stalled"
    readonly millis: number
    /** Jobs whose leases were extended meanwhile. */
    readonly jobs: number
    /** Extensions that the database refused because the lease was another's by then. */
    readonly lost: number
  }
  /** Leases are left to run out, since the event loop has been blocked for the `stallLimit` of their jobs. */
  | { readonly _tag: "Hung"; readonly millis: number; readonly jobs: number; readonly stack: string | undefined }
  /** The database could not be written. It is tried again at the next look. */
  | { readonly _tag: "Failed"; readonly error: string }

/** A lease to extend, as the thread's database is given it. */
export interface Overdue {
  readonly id: string
  readonly worker: string
  readonly attempt: number
  /** Milliseconds. */
  readonly leaseFor: number
}

/** The thread's own connection. */
export interface ThreadDatabase {
  /** Extends those that are still held. Answers them by id and attempt; "busy" if another connection keeps it from writing. */
  readonly extend: (
    leases: ReadonlyArray<Overdue>
  ) => Held | Promise<Held>
  /** True if it failed because of one of the leases, as by a trigger of the app's, so that it may succeed for the others. */
  readonly isOfARow: (thrown: unknown) => boolean
  readonly close: () => unknown
}

type Held = ReadonlyArray<{ readonly id: string; readonly attempts: number }> | "busy"

/** The data that the thread starts with. */
export interface ThreadData {
  readonly layout: typeof layout
  /**
   * A number of 8 bytes: the instant at which the event loop last ran, in milliseconds of `process.hrtime`. Behind it one of 4 bytes:
   * 1 while there are no leases, and the thread wants to be told of the first.
   */
  readonly pulse: SharedArrayBuffer
}

/**
 * The code of the thread, which is passed as text: a file would have to be found
 * again in the package, in an app's bundle and beside TypeScript sources. So it
 * uses nothing but its parameters and what Node has everywhere.
 */
export function keepLeases(
  require: NodeJS.Require,
  openDatabase: () => ThreadDatabase,
  stackOfMain: () => Promise<string | undefined>
): void {
  const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads")
  const { writeSync } = require("node:fs") as typeof import("node:fs")
  const { layout, pulse } = workerData as ThreadData
  const pulseAt = new Float64Array(pulse, 0, 1)
  const isIdle = new Int32Array(pulse, 8, 1)

  /** The longest pause between two looks, and the fewest milliseconds without a pulse that count as a block. */
  const longestPause = 1_000
  const shortestBlock = 250
  /** This much later than it should run, and with little CPU time used meanwhile, this thread was stopped with its process. */
  const wasStopped = 500
  const littleCpu = 0.1
  /** The pause after a try to write that another connection was in the way of. */
  const afterBusy = 20
  /** Milliseconds that the end of a connection may take. */
  const closesWithin = 1_000
  /** Leases of one statement. */
  const most = 500

  interface Table extends TableData {
    readonly ints: Int32Array
    readonly doubles: Float64Array
    readonly bytes: Uint8Array
  }
  interface Kept extends Overdue {
    readonly table: Table
    readonly slot: number
    readonly version: number
    readonly sentAt: number
    readonly until: number
    readonly interval: number
    readonly holdsFor: number
    readonly stallLimit: number
  }
  /** A time in which the event loop has not run. */
  interface Stall {
    /** The last pulse before it. */
    readonly since: number
    /** Milliseconds of it in which the whole process was stopped. */
    stopped: number
    /** The process went on at this instant after it was stopped. */
    goneOnAt: number
    lost: number
    isTold: boolean
    readonly jobs: Set<string>
  }

  const tables = new Map<number, Table>()
  let database: ThreadDatabase | undefined
  /** Of the pulse that was seen last, whether it has become long or not. */
  let stall: Stall = { since: pulseAt[0]!, stopped: 0, goneOnAt: -Infinity, lost: 0, isTold: false, jobs: new Set() }
  /** Slots by table, slot and version whose lease is another's by now. */
  const lost = new Set<string>()
  let usedCpu = 0
  let failure = ""
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  const now = () => Number(process.hrtime.bigint()) / 1e6
  const tell = (report: Report) => parentPort?.postMessage(report)
  /** Tells of a failure, once until it is another one or a block of the loop is over. */
  const tellFailure = (thrown: unknown) => {
    const error = String(thrown)
    if (error !== failure) tell({ _tag: "Failed", error })
    failure = error
  }
  const nameOf = ({ slot, table, version }: Kept) => `${table.id} ${slot} ${version}`

  /** The lease in a slot; none if it is free, or just being written. */
  const read = (table: Table, slot: number): Kept | undefined => {
    const { bytes, doubles, ints } = table
    const int = slot * (layout.bytes / 4)
    const double = slot * (layout.bytes / 8)
    const version = Atomics.load(ints, int + layout.version)
    const idLength = ints[int + layout.idLength]!
    if (version % 2 !== 0 || idLength === 0) return undefined
    const id = slot * layout.bytes + layout.id
    const holdsFor = doubles[double + layout.holdsFor]!
    const isHeld = Atomics.load(ints, int + layout.heldVersion) === version
    const heldUntil = isHeld ? doubles[double + layout.heldUntil]! : -Infinity
    const kept = {
      table,
      slot,
      version,
      worker: table.worker,
      id: String.fromCharCode(...bytes.subarray(id, id + idLength)),
      attempt: ints[int + layout.attempt]!,
      leaseFor: ints[int + layout.leaseFor]!,
      interval: doubles[double + layout.interval]!,
      holdsFor,
      stallLimit: doubles[double + layout.stallLimit]!,
      sentAt: Math.max(doubles[double + layout.beatSentAt]!, heldUntil - holdsFor),
      until: Math.max(doubles[double + layout.deadline]!, heldUntil)
    }
    // Adding nothing keeps the reads above before it, which a load would not.
    return Atomics.add(ints, int + layout.version, 0) === version ? kept : undefined
  }

  /** All leases that are kept. */
  const allKept = (): ReadonlyArray<Kept> => {
    const found: Array<Kept> = []
    for (const table of tables.values()) {
      for (let slot = 0; slot * layout.bytes < table.memory.byteLength; slot++) {
        const kept = read(table, slot)
        if (kept !== undefined) found.push(kept)
      }
    }
    return found
  }

  /** True for a lease whose heartbeat is overdue, and that may still be extended. */
  const isOverdue = (kept: Kept, at: number) =>
    at >= kept.sentAt + 1.25 * kept.interval && at < kept.until && !lost.has(nameOf(kept))

  /** The extension was written at the earliest at this instant, or the lease was another's. */
  const answered = (kept: Kept, isHeld: boolean, sentAt: number) => {
    if (!isHeld) {
      lost.add(nameOf(kept))
      stall.lost++
      return
    }
    stall.jobs.add(kept.id)
    const { doubles, ints } = kept.table
    doubles[kept.slot * (layout.bytes / 8) + layout.heldUntil] = sentAt + kept.holdsFor
    Atomics.store(ints, kept.slot * (layout.bytes / 4) + layout.heldVersion, kept.version)
  }

  /** Extends leases. Answers false if it should be tried again soon. One that refuses is left out, and tried again later. */
  const extend = async (leases: ReadonlyArray<Kept>): Promise<boolean> => {
    if (leases.length === 0) return true
    if (leases.length > most) return await extend(leases.slice(0, most)) && await extend(leases.slice(most))
    const sentAt = now()
    const used = database ??= openDatabase()
    try {
      const held = await used.extend(
        leases.map(({ attempt, id, leaseFor, worker }) => ({ attempt, id, leaseFor, worker }))
      )
      if (held === "busy") return false
      const names = new Set(held.map(({ attempts, id }) => `${attempts} ${id}`))
      for (const kept of leases) answered(kept, names.has(`${kept.attempt} ${kept.id}`), sentAt)
      return true
    } catch (thrown) {
      if (!used.isOfARow(thrown)) throw thrown
      if (leases.length === 1) {
        tellFailure(thrown)
        return true
      }
      const half = leases.length >> 1
      return await extend(leases.slice(0, half)) && await extend(leases.slice(half))
    }
  }

  /** Tells of a process that hangs, once for each block of its event loop. */
  const tellHang = async (millis: number, jobs: number) => {
    stall.isTold = true
    const stack = await stackOfMain()
    const message = `The event loop has been blocked for ${(millis / 1000).toFixed(1)} s. `
      + `The leases of ${jobs} ${jobs === 1 ? "job" : "jobs"} are left to run out.`
    const shown = stack === undefined ? "" : ` stack=${JSON.stringify(stack)}`
    // The main thread can log nothing while it hangs, and this thread's own streams go through it.
    try {
      writeSync(
        2,
        `timestamp=${new Date().toISOString()} level=ERROR fiber=#keeper message=${JSON.stringify(message)}${shown}\n`
      )
    } catch {
      // Nobody reads standard error any more.
    }
    tell({ _tag: "Hung", millis, jobs, stack })
  }

  /** The connection is opened anew when it is next needed: few processes ever need it, and fewer for long. */
  const closeDatabase = async () => {
    const open = database
    database = undefined
    const tooLong = new Promise((resolve) => setTimeout(resolve, closesWithin).unref())
    try {
      await Promise.race([open?.close(), tooLong])
    } catch {
      // It is of no use in any case.
    }
  }

  /** Notes the pulse. The block that was before it is over. */
  const notePulse = async (at: number, late: number) => {
    const { system, user } = process.cpuUsage()
    const cpu = (system + user) / 1000 - usedCpu
    usedCpu += cpu
    const since = pulseAt[0]!
    if (since !== stall.since) {
      const { jobs, lost: another, since: before } = stall
      stall = { since, stopped: 0, goneOnAt: -Infinity, lost: 0, isTold: false, jobs: new Set() }
      failure = ""
      lost.clear()
      if (jobs.size + another > 0) tell({ _tag: "Stalled", millis: since - before, jobs: jobs.size, lost: another })
      if (database !== undefined) await closeDatabase()
    }
    // A thread that had to wait for a processor is late as well. The process has used that, then.
    if (late > wasStopped && cpu < littleCpu * late) {
      stall.stopped += late
      stall.goneOnAt = at
    }
  }

  /** Looks at the event loop and its leases. Answers the milliseconds until the next look. */
  const look = async (dueAt: number): Promise<number> => {
    const at = now()
    await notePulse(at, at - dueAt)
    const leases = allKept()
    let pause = longestPause
    for (const { interval } of leases) pause = Math.min(pause, Math.max(20, interval / 8))
    const block = Math.max(shortestBlock, Math.min(longestPause, pause * 2))
    // Where the process was stopped, the loop gets its chance first.
    if (at - Math.max(stall.since, stall.goneOnAt) < block) {
      Atomics.store(isIdle, 0, leases.length === 0 ? 1 : 0)
      return pause
    }
    const blockedFor = at - stall.since - stall.stopped
    const limit = Math.max(0, ...leases.map(({ stallLimit }) => stallLimit))
    if (leases.length > 0 && blockedFor >= limit) {
      if (!stall.isTold) await tellHang(blockedFor, leases.length)
      return pause
    }
    return await extend(leases.filter((kept) => isOverdue(kept, at))) ? pause : afterBusy
  }

  const lookAgain = (dueAt: number) => {
    isLooking = true
    const next = (after: number) => {
      isLooking = false
      const nextAt = now() + after
      timer = setTimeout(() => lookAgain(nextAt), after)
    }
    look(dueAt)
      .catch((thrown: unknown) => {
        tellFailure(thrown)
        return closeDatabase().then(() => afterBusy)
      })
      .then(next, () => next(longestPause))
  }

  parentPort?.on("message", (told: Told) => {
    if (typeof told === "object" && "remove" in told) return void tables.delete(told.remove)
    if (typeof told === "object") {
      const { memory } = told.add
      tables.set(told.add.id, {
        ...told.add,
        ints: new Int32Array(memory),
        doubles: new Float64Array(memory),
        bytes: new Uint8Array(memory)
      })
    }
    if (isLooking) return
    clearTimeout(timer)
    lookAgain(now())
  })
}
