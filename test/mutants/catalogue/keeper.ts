import type { Mutant } from "../Mutant.ts"

const thread = "src/store/keeper/keeperThread.ts"
const table = "src/store/keeper/LeaseTable.ts"
const heartbeat = "src/runtime/lease/heartbeat.ts"
const sockets = "src/store/sqlite/presence/sockets.ts"
const gone = "src/runtime/maintenance/goneWorkers.ts"
const blocked = ["test/crash/blockedLoopProcess.test.ts"]
const inProcess = ["test/runtime/keeperProcess.test.ts"]
const inThread = ["test/store/keeper/keepLeases.test.ts"]
const tables = ["test/store/keeper/LeaseTable.test.ts"]
const presence = ["test/store/sqlite/presence/presence.test.ts"]

/** The thread that keeps leases while the event loop is blocked, and how the death of a process is noticed. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "The thread extends nothing",
    file: thread,
    find: "at >= kept.sentAt + overdueAfter * kept.interval",
    replace: "at >= kept.sentAt + 1_000 * kept.interval",
    killedBy: inProcess
  },
  {
    name: "The thread extends leases after the stall limit",
    file: thread,
    find: "leases.length > 0 && blockedFor >= limit",
    replace: "leases.length < 0 && blockedFor >= limit",
    killedBy: blocked
  },
  {
    name: "The thread goes on with old terms once the loop has run",
    file: thread,
    find: "pulseAt[0] === stall.since ? leases.filter((kept) => isOverdue(kept, sentAt)) : []",
    replace: "leases.filter((kept) => isOverdue(kept, sentAt))",
    killedBy: inThread
  },
  {
    name: "A lease whose row is locked counts as lost",
    file: thread,
    find: "if (!locked.has(kept.id)) answered(",
    replace: "answered(",
    killedBy: inThread
  },
  {
    name: "A process that hangs is not told of",
    file: thread,
    find: "if (!stall.isTold) await tellHang(blockedFor, leases.length)",
    replace: "",
    killedBy: blocked
  },
  {
    name: "The thread extends a lease whose deadline has passed",
    file: thread,
    find: "&& at < kept.until && !lost.has(nameOf(kept))",
    replace: "&& !lost.has(nameOf(kept))",
    killedBy: inThread
  },
  {
    name: "The thread tells of a lease that was lost as of one that holds",
    file: thread,
    find: "answered(kept, names.has(`${kept.attempt} ${kept.id}`), sentAt)",
    replace: "answered(kept, names.size >= 0, sentAt)",
    killedBy: inThread
  },
  {
    name: "The thread extends a lease for whichever attempt holds it",
    file: "src/store/sqlite/keeper/openInThread.ts",
    find: "return database.prepare(text)",
    replace: "return database.prepare(text.replace(\"attempts = item.attempt\", \"attempts >= 0\"))",
    killedBy: ["test/store/sqlite/keeper/openInThread.test.ts"]
  },
  {
    name: "The loop does not learn what the thread has extended",
    file: thread,
    find: "Atomics.store(ints, kept.slot * (layout.bytes / 4) + layout.heldVersion, kept.version)",
    replace: "",
    killedBy: inProcess
  },
  {
    name: "A handler is stopped for a heartbeat that the thread made",
    file: heartbeat,
    find: "this.byThread === undefined ? this.until : Math.max(this.until, this.byThread.heldUntil())",
    replace: "this.until",
    killedBy: inProcess
  },
  {
    name: "A lease counts as held for which the thread extended another in its slot",
    file: table,
    find: "Atomics.load(this.ints, int + layout.heldVersion) === version",
    replace: "Atomics.load(this.ints, int + layout.heldVersion) >= 0 && version > 0",
    killedBy: tables
  },
  {
    name: "The thread goes by the worker's pace in a drain",
    file: heartbeat,
    find: "interval: Duration.toMillis(interval),\n      holdsFor: holdsFor(this.pace),",
    replace: "interval: Duration.toMillis(this.options.interval),\n      holdsFor: holdsFor(this.pace),",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A lease that is kept anew keeps its old slot, too",
    file: heartbeat,
    find: "this.leaveToHeart()\n    if (keptByThread === undefined || this.hasEnded) return",
    replace: "if (keptByThread === undefined || this.hasEnded) return",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A slot is freed twice",
    file: table,
    find:
      "if (this.ints[int + layout.version] !== version) return\n    Atomics.add(this.ints, int + layout.version, 1)",
    replace: "Atomics.add(this.ints, int + layout.version, 1)",
    killedBy: tables
  },
  {
    name: "A job that has ended stays in the thread's table",
    file: heartbeat,
    find: "this.hasEnded = true\n    this.leaveToHeart()",
    replace: "this.hasEnded = true",
    killedBy: ["test/runtime/keptLease.test.ts"]
  },
  {
    name: "A socket on another device is taken for a worker's",
    file: sockets,
    find: "stat.isSocket() && stat.dev === device &&",
    replace: "stat.isSocket() && device >= 0 &&",
    killedBy: presence
  },
  {
    name: "Any failure to connect is taken for a death",
    file: sockets,
    find: "\"code\" in error && error.code === \"ECONNREFUSED\"",
    replace: "\"code\" in error",
    killedBy: presence
  },
  {
    name: "What is not a socket is taken for a worker that is gone",
    file: sockets,
    find: "isSocketOn(path, device) && isOurs(dirname(path)) ? isRefused(path)",
    replace: "isOurs(dirname(path)) ? isRefused(path)",
    killedBy: presence
  },
  {
    name: "A socket in a folder that others may write is taken for a worker's",
    file: sockets,
    find: "isSocketOn(path, device) && isOurs(dirname(path)) ? isRefused(path)",
    replace: "isSocketOn(path, device) ? isRefused(path)",
    killedBy: presence
  },
  {
    name: "The jobs of a worker that is gone wait for their leases",
    file: gone,
    find: "suspects.length === 0 ? [] : yield* releaseSome(store, presence, suspects)",
    replace: "suspects.length >= 0 ? [] : yield* releaseSome(store, presence, suspects)",
    killedBy: ["test/runtime/goneWorkers.test.ts"]
  },
  {
    name: "Who holds leases is read where nothing is left of a dead worker",
    file: gone,
    find: "if (!(yield* presence.anyGone)) return",
    replace: "",
    killedBy: ["test/runtime/goneWorkers.test.ts"]
  },
  {
    name: "A socket is reached by a path that may be too long for one",
    file: sockets,
    find: "path: `/proc/self/fd/${folder}/${basename(path)}`",
    replace: "path: `${dirname(path)}/${basename(path)}`",
    killedBy: presence
  },
  {
    name: "A thread is said to extend leases while it is dead",
    file: "src/runtime/worker/workerLoop.ts",
    find: "store.leaseKeeper?.isRunning() === true",
    replace: "store.leaseKeeper !== undefined",
    killedBy: ["test/runtime/loopDelay.test.ts"]
  },
  {
    name: "A job that may kill its processes is due again at once",
    file: "src/store/statements/stale.ts",
    find: "holderIsGone && job.died_before === 1 ?",
    replace: "holderIsGone && job.died_before > 1 ?",
    killedBy: ["test/store/conformance.test.ts"]
  },
  {
    name: "A job whose worker died twice waits for longer than its lease",
    file: "src/store/statements/stale.ts",
    find: "WHEN holdfast_jobs.locked_until < ${delayed} THEN holdfast_jobs.locked_until ELSE",
    replace: "ELSE",
    killedBy: ["test/store/conformance.test.ts"]
  },
  {
    name: "A job whose worker died waits as if it were the second death",
    file: "src/store/statements/stale.ts",
    find: "last_error IS NOT NULL AND last_error LIKE '${ofDeadWorker}%'",
    replace: "last_error IS NOT NULL",
    killedBy: ["test/store/conformance.test.ts"]
  },
  {
    name: "Who is gone is asked before its leases are read, and not after",
    file: gone,
    find: "const gone = new Set(yield* presence.gone(suspects))",
    replace: "const gone = new Set(suspects)",
    killedBy: ["test/runtime/goneWorkers.test.ts"]
  },
  {
    name: "The thread leaves no wish to be woken where the loop was blocked as the last lease ended",
    file: thread,
    find: "if (interval === undefined || at - Math.max(stall.since, stall.resumedAt) < block) {",
    replace: "if (at - Math.max(stall.since, stall.resumedAt) < block) {",
    killedBy: inThread
  },
  {
    name: "A socket that refuses each time is told of each time",
    file: "src/store/sqlite/presence/presenceIn.ts",
    find: "if (times >= mostTold && now() - heldAt < heldLong) return",
    replace: "if (times < 0) return",
    killedBy: presence
  }
]
