import type * as WorkerThreads from "node:worker_threads"
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
  /** Connects, once. */
  readonly connect: () => unknown
  /** Extends those that are still held. "busy" if another connection keeps it from writing at all. */
  readonly extend: (leases: ReadonlyArray<Overdue>) => Held | Promise<Held>
  /** True if it failed because of one of the leases, as by a trigger of an app, so that it may succeed for the others. */
  readonly isOfARow: (thrown: unknown) => boolean
  readonly close: () => unknown
}

export type Held = "busy" | {
  readonly extended: ReadonlyArray<{ readonly id: string; readonly attempts: number }>
  /** The ids of rows that another transaction holds: they may be extended later. */
  readonly locked: ReadonlyArray<string>
}

/** The data that the thread starts with. */
export interface ThreadData {
  readonly layout: typeof layout
  /** The intervals after which a heartbeat is overdue. */
  readonly overdueAfter: number
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
  writeHang: (millis: number, jobs: number) => Promise<string | undefined>
): void {
  const { parentPort, workerData } = require("node:worker_threads") as typeof WorkerThreads
  const { layout, overdueAfter, pulse } = workerData as ThreadData
  const pulseAt = new Float64Array(pulse, 0, 1)
  const isIdle = new Int32Array(pulse, 8, 1)

  /** The longest pause between two looks, and the fewest milliseconds without a pulse that count as a block. */
  const longestPause = 1_000
  /** The pause while there is no lease. A message of a new lease ends it. */
  const idlePause = 10_000
  const shortestBlock = 250
  /** This much later than it should run, and with little CPU time used meanwhile, this thread was stopped with its process. */
  const wasStopped = 500
  const littleCpu = 0.1
  /** The pauses after a try to write that another connection was in the way of, and after one that failed. */
  const afterBusy = 20
  const afterFailure = 250
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
    resumedAt: number
    lost: number
    isTold: boolean
    readonly jobs: Set<string>
  }

  const now = () => Number(process.hrtime.bigint()) / 1e6
  const numberAt = (numbers: Int32Array | Float64Array, index: number) => numbers[index] ?? Number.NaN
  const tables = new Map<number, Table>()
  let database: ThreadDatabase | undefined
  /** Of the pulse that was seen last, whether it has become long or not. */
  let stall: Stall = {
    since: numberAt(pulseAt, 0),
    stopped: 0,
    resumedAt: -Infinity,
    lost: 0,
    isTold: false,
    jobs: new Set()
  }
  /** Slots by table, slot and version whose lease is another's by now. */
  const lost = new Set<string>()
  let usedCpu = 0
  let failure = ""
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  const tell = (report: Report) => parentPort?.postMessage(report, [])
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
    const idLength = numberAt(ints, int + layout.idLength)
    if (version % 2 !== 0 || idLength === 0) return undefined
    const id = slot * layout.bytes + layout.id
    const holdsFor = numberAt(doubles, double + layout.holdsFor)
    const isHeld = Atomics.load(ints, int + layout.heldVersion) === version
    const heldUntil = isHeld ? numberAt(doubles, double + layout.heldUntil) : -Infinity
    const kept = {
      table,
      slot,
      version,
      worker: table.worker,
      id: String.fromCharCode(...bytes.subarray(id, id + idLength)),
      attempt: numberAt(ints, int + layout.attempt),
      leaseFor: numberAt(ints, int + layout.leaseFor),
      interval: numberAt(doubles, double + layout.interval),
      holdsFor,
      stallLimit: numberAt(doubles, double + layout.stallLimit),
      sentAt: Math.max(numberAt(doubles, double + layout.beatSentAt), heldUntil - holdsFor),
      until: Math.max(numberAt(doubles, double + layout.deadline), heldUntil)
    }
    // Adding nothing keeps the reads above before it, which a load would not.
    return Atomics.add(ints, int + layout.version, 0) === version ? kept : undefined
  }

  /** Calls `visit` for each slot that has a lease. */
  const eachTaken = (visit: (table: Table, slot: number) => void) => {
    for (const table of tables.values()) {
      for (let slot = 0; slot * layout.bytes < table.memory.byteLength; slot++) {
        if (Atomics.load(table.ints, slot * (layout.bytes / 4) + layout.idLength) !== 0) visit(table, slot)
      }
    }
  }

  /** The shortest interval of the leases that are kept; none if there are none. */
  const shortestInterval = (): number | undefined => {
    let shortest: number | undefined
    eachTaken(({ doubles }, slot) => {
      const interval = numberAt(doubles, slot * (layout.bytes / 8) + layout.interval)
      if (shortest === undefined || interval < shortest) shortest = interval
    })
    return shortest
  }

  /** All leases that are kept. */
  const allKept = (): ReadonlyArray<Kept> => {
    const found: Array<Kept> = []
    eachTaken((table, slot) => {
      const kept = read(table, slot)
      if (kept !== undefined) found.push(kept)
    })
    return found
  }

  /** True for a lease whose heartbeat is overdue, and that may still be extended. */
  const isOverdue = (kept: Kept, at: number) =>
    at >= kept.sentAt + overdueAfter * kept.interval && at < kept.until && !lost.has(nameOf(kept))

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

  /**
   * Extends those of these leases that are still overdue, unless the loop has run meanwhile. Answers false if it should be tried
   * again soon. A lease whose row refuses it is left out, and tried again later.
   */
  const extend = async (leases: ReadonlyArray<Kept>): Promise<boolean> => {
    if (leases.length === 0) return true
    const used = database ??= openDatabase()
    await used.connect()
    const sentAt = now()
    const overdue = pulseAt[0] === stall.since ? leases.filter((kept) => isOverdue(kept, sentAt)) : []
    if (overdue.length === 0) return true
    if (overdue.length > most) return await extend(overdue.slice(0, most)) && await extend(overdue.slice(most))
    try {
      const held = await used.extend(
        overdue.map(({ attempt, id, leaseFor, worker }) => ({ attempt, id, leaseFor, worker }))
      )
      if (held === "busy") return false
      const names = new Set(held.extended.map(({ attempts, id }) => `${attempts} ${id}`))
      const locked = new Set(held.locked)
      for (const kept of overdue) {
        if (!locked.has(kept.id)) answered(kept, names.has(`${kept.attempt} ${kept.id}`), sentAt)
      }
      return true
    } catch (thrown) {
      if (!used.isOfARow(thrown)) throw thrown
      if (overdue.length === 1) {
        tellFailure(thrown)
        return true
      }
      const half = overdue.length >> 1
      return await extend(overdue.slice(0, half)) && await extend(overdue.slice(half))
    }
  }

  /** Tells of a process that hangs, once for each block of its event loop. */
  const tellHang = async (millis: number, jobs: number) => {
    stall.isTold = true
    tell({ _tag: "Hung", millis, jobs, stack: await writeHang(millis, jobs) })
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
    const since = numberAt(pulseAt, 0)
    if (since !== stall.since) {
      const { jobs, lost: another, since: before } = stall
      stall = { since, stopped: 0, resumedAt: -Infinity, lost: 0, isTold: false, jobs: new Set() }
      failure = ""
      lost.clear()
      if (jobs.size + another > 0) tell({ _tag: "Stalled", millis: since - before, jobs: jobs.size, lost: another })
      if (database !== undefined) await closeDatabase()
    }
    // A thread that had to wait for a processor is late as well. The process has used that, then.
    if (late > wasStopped && cpu < littleCpu * late) {
      stall.stopped += late
      stall.resumedAt = at
    }
  }

  /** Looks at the event loop and its leases. Answers the milliseconds until the next look. `isTold` is true if a message asked for this look. */
  const look = async (dueAt: number, isTold: boolean): Promise<number> => {
    const at = now()
    await notePulse(at, at - dueAt)
    const interval = shortestInterval()
    const pause = interval === undefined ? idlePause : Math.min(longestPause, Math.max(20, interval / 8))
    const block = Math.max(shortestBlock, Math.min(longestPause, pause * 2))
    // Where the process was stopped, the loop gets its chance first.
    if (interval === undefined || at - Math.max(stall.since, stall.resumedAt) < block) {
      // The job of that message may have ended. Short jobs that follow each other would each wake this thread, so it asks for
      // a message only after a quiet look.
      Atomics.store(isIdle, 0, interval === undefined && !isTold ? 1 : 0)
      // A lease that was taken just before that has sent no message.
      return interval === undefined && (isTold || shortestInterval() !== undefined) ? shortestBlock : pause
    }
    const leases = allKept()
    const blockedFor = at - stall.since - stall.stopped
    const limit = Math.max(0, ...leases.map(({ stallLimit }) => stallLimit))
    if (leases.length > 0 && blockedFor >= limit) {
      if (!stall.isTold) await tellHang(blockedFor, leases.length)
      return pause
    }
    return await extend(leases.filter((kept) => isOverdue(kept, at))) ? pause : afterBusy
  }

  const lookAgain = (dueAt: number, isTold: boolean) => {
    isLooking = true
    const next = (after: number) => {
      isLooking = false
      const nextAt = now() + after
      timer = setTimeout(() => lookAgain(nextAt, false), after)
    }
    look(dueAt, isTold)
      .catch((thrown: unknown) => {
        tellFailure(thrown)
        return closeDatabase().then(() => afterFailure)
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
    lookAgain(now(), true)
  })
}
