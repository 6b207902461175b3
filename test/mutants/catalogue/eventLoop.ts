import type { Mutant } from "../Mutant.ts"

const file = "src/platform/EventLoop.ts"
const connection = "src/store/sqlite/connection.ts"
const byEventLoop = ["test/platform/EventLoop.test.ts"]
const byGivingWay = ["test/store/sqlite/givingWay.test.ts"]

/** What keeps loops over SQLite from starving the rest of their process. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "Nothing gives way to the event loop",
    file,
    find: "({ overdue, turn }) => overdue() ? wait(turn) : Effect.void",
    replace: "({ overdue, turn }) => overdue() && false ? wait(turn) : Effect.void",
    killedBy: byGivingWay
  },
  {
    name: "Everything gives way to the event loop at every statement",
    file,
    find: "({ overdue, turn }) => overdue() ? wait(turn) : Effect.void",
    replace: "({ turn }) => wait(turn)",
    killedBy: byGivingWay
  },
  {
    name: "The event loop is never overdue",
    file,
    find: "return monotonicMillis() - beganAt >= longestTurn",
    replace: "return monotonicMillis() - beganAt >= Infinity",
    killedBy: byEventLoop
  },
  {
    name: "An event loop that was overdue once is so for good",
    file,
    find: "immediately(began)",
    replace: "",
    killedBy: byEventLoop
  },
  {
    name: "All that wait for a turn of the event loop are resumed in one",
    file,
    find: "if (overdue()) return schedule()",
    replace: "",
    killedBy: byEventLoop
  },
  {
    name: "One that waits for a turn again is resumed in the one it has",
    file,
    find: "waiting.add(go)",
    replace: "ready.add(go)",
    killedBy: byEventLoop
  },
  {
    name: "Whoever waits for a turn goes on in the async context of the first that did",
    file,
    find: "const go = () => inItsContext(() => resume(Effect.void))",
    replace: "const go = () => void inItsContext(() => 0) ?? resume(Effect.void)",
    killedBy: byEventLoop
  },
  {
    name: "A turn is asked of the timers that a test has faked",
    file,
    find: "const immediately = setImmediate",
    replace: "const immediately = (run: () => void) => globalThis.setImmediate(run)",
    killedBy: byGivingWay,
    hangs: true
  },
  {
    name: "A loop of statements or transactions starves its process",
    file: connection,
    find: "Effect.zipRight(givingWay(asCallerAsked), run)",
    replace: "(givingWay, run)",
    killedBy: byGivingWay
  },
  {
    name: "A claim that is told to end as it gives way claims all the same",
    file: connection,
    find: "Effect.ensuring(wait(turn), Effect.sync(() => void (isIdle = false)))",
    replace: "Effect.ensuring(turn, Effect.sync(() => void (isIdle = false)))",
    killedBy: byGivingWay
  },
  {
    name: "A crash finds the connection held by one that waits for the event loop, and writes nothing",
    file: connection,
    find: "if (isIdle && Context.get(currentContext, AtOnce)) return run",
    replace: "void AtOnce",
    killedBy: ["test/runtime/crash.test.ts"]
  },
  {
    name: "A loop of statements in one transaction starves its process",
    file: "src/store/transaction/openTransaction.ts",
    find: "Effect.zipRight(restore(giveWay), this.take(level, restore))",
    replace: "(giveWay, this.take(level, restore))",
    killedBy: byGivingWay
  },
  {
    name: "A loop of enqueues in a transaction of the app's own client starves its process",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "const inTurn = lendOf(exclusively(ours, noFile))",
    replace: "const inTurn: ReturnType<typeof lendOf> = (use) => (exclusively, noFile, use(ours))",
    also: [{
      file: "src/runtime/newJob.ts",
      find: "jobs.length < entries.length && overdue()",
      replace: "jobs.length < 0 && overdue()"
    }],
    killedBy: byGivingWay
  }
]
