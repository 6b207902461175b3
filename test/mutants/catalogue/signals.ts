import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/handleSignals.ts"
const processEnd = "src/runtime/ProcessEnd.ts"
const killedBy = ["test/runtime/handleSignals.test.ts"]

/** How a process answers signals. */
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
  }
]
