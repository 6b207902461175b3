import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/worker/handleSignals.ts"
const processEnd = "src/runtime/worker/ProcessEnd.ts"
const killedBy = ["test/runtime/handleSignals.test.ts"]

const crashed = ["test/runtime/crash.test.ts"]
const cutLeases = "src/runtime/worker/cutLeases.ts"
const heartbeat = "src/runtime/lease/heartbeat.ts"

/** How a process answers signals, and an exception that it dies of. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A first signal waits for the worker's layer to be torn down",
    file: processEnd,
    find: "begin: tellAll(\"began\")",
    replace: "begin: tellAll()",
    killedBy
  },
  {
    name: "A worker that starts while its process ends runs on",
    file: processEnd,
    find: "workers.add(worker)\n          tell(worker)",
    replace: "workers.add(worker)",
    killedBy
  },
  {
    name: "A second signal does nothing",
    file,
    find: "isFirst ? processEnd.begin : processEnd.endGrace",
    replace: "processEnd.begin",
    killedBy
  },
  {
    name: "A second signal is an echo whenever it comes",
    file,
    find: "now - countedAt < echoFor",
    replace: "count > 0",
    killedBy
  },
  {
    name: "An echo is a second signal",
    file,
    find: "now - countedAt < echoFor",
    replace: "now < countedAt",
    killedBy
  },
  {
    name: "A third signal does nothing",
    file,
    find: "if (count > 2) {",
    replace: "if (count > 3) {",
    killedBy
  },
  {
    name: "A third signal is an exit like any other",
    file,
    find: "exit(128 + constants.signals[signal])",
    replace: "exit(1)",
    killedBy
  },
  {
    name: "A process that exits does not name what still runs",
    file,
    find: "(worker) => worker.leaveBehind,",
    replace: "() => Effect.void,",
    killedBy
  },
  {
    name: "A SIGHUP is no SIGTERM to the rest of the program",
    file,
    find: "process.emit(\"SIGTERM\", \"SIGTERM\")",
    replace: "",
    killedBy
  },
  {
    name: "The SIGTERM that stands for a SIGHUP counts as a signal",
    file,
    find: "isPassingOn = true\n",
    replace: "countedAt = -Infinity\n",
    killedBy
  },
  {
    name: "A process that is to exit after the grace stays",
    file,
    find: "exitLater(isFirst ? longestGrace(processEnd) : Duration.zero)",
    replace: "",
    killedBy
  },
  {
    name: "A process that is to exit after the grace exits before it is over",
    file,
    find: "exitLater(isFirst ? longestGrace(processEnd) : Duration.zero)",
    replace: "exitLater(Duration.zero)",
    killedBy
  },
  {
    name: "A process that is to exit after the grace forgets that a second signal ended that",
    file,
    find: "exitLater(isFirst ? longestGrace(processEnd) : Duration.zero)",
    replace: "if (isFirst) exitLater(longestGrace(processEnd))",
    killedBy
  },
  {
    name: "A process exits although its program has ended in time",
    file,
    find: "stopTimer()\n      return processEnd.callOff",
    replace: "return processEnd.callOff",
    killedBy
  },
  {
    name: "A program that has ended goes on listening to signals",
    file,
    find: "process.removeListener(ending, onSignal)",
    replace: "",
    killedBy
  },
  {
    name: "A process that crashes leaves its leases as they are",
    file,
    find: "process.on(\"uncaughtExceptionMonitor\", cutLeases)",
    replace: "",
    killedBy: crashed
  },
  {
    name: "A process that crashes holds its leases for half a minute",
    file: heartbeat,
    find: "const crashLease = 5_000",
    replace: "const crashLease = 30_000",
    killedBy: crashed
  },
  {
    name: "A crash makes a short lease longer",
    file: heartbeat,
    find: "Math.min(this.pace.leaseFor, crashLease)",
    replace: "crashLease",
    killedBy: crashed
  },
  {
    name: "A crash extends a lease whose deadline has passed",
    file: heartbeat,
    find: "if (this.isLetGo || this.deadline <= this.options.now()) {",
    replace: "if (this.isLetGo) {",
    killedBy: crashed
  },
  {
    name: "A crash that finds the connection taken writes once it is free",
    file: cutLeases,
    find: "if (fiber.unsafePoll() === null) fiber.unsafeInterruptAsFork(FiberId.none)",
    replace: "",
    killedBy: crashed
  },
  {
    name: "A crash shortens leases when the process goes on",
    file: cutLeases,
    find: "runNow(runtime, store.extend(items))",
    replace: "Runtime.runFork(runtime)(Effect.delay(store.extend(items), 1))",
    killedBy: crashed
  },
  {
    name: "A process that goes on after a crash does not extend its leases again",
    file: cutLeases,
    find: "Effect.zipRight(slots.resume),",
    replace: "",
    killedBy: crashed
  },
  {
    name: "A process that goes on after a crash counts on its leases as before",
    file: heartbeat,
    find: "this.lowerDeadline(leaseFor)\n      this.cutTo",
    replace: "this.cutTo",
    killedBy: crashed
  },
  {
    name: "Exceptions that come one after the other put off the next heartbeat",
    file: cutLeases,
    find: "if (isCut) return",
    replace: "",
    killedBy: crashed
  },
  {
    name: "A process that crashes hands its jobs back",
    file: cutLeases,
    find: "runNow(runtime, store.extend(items))",
    replace: "runNow(runtime, store.release(items.map(({ lease }) => ({ lease, delay: 0 }))))",
    killedBy: crashed
  },
  {
    name: "A process that crashes gives up where another one has the lock",
    file: cutLeases,
    find: "let left = waitsAtMost",
    replace: "let left = 0",
    killedBy: crashed
  },
  {
    name: "A process that crashes waits for a lock as long as a worker does",
    file: cutLeases,
    find: "left -= millis",
    replace: "",
    killedBy: crashed
  },
  {
    name: "A third signal leaves a job locked for as long as a drain's lease",
    file,
    find: "cutLeases()\n        run(Effect.forEach",
    replace: "run(Effect.forEach",
    killedBy
  },
  {
    name: "A program that handles signals leaves a listener for uncaught exceptions behind",
    file,
    find: "process.removeListener(\"uncaughtExceptionMonitor\", cutLeases)",
    replace: "",
    killedBy
  }
]
