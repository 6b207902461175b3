import type { Mutant } from "../Mutant.ts"

const hub = "src/store/JobEvents.ts"
const transactions = "src/store/sqlite/transaction/transactions.ts"
const byHand = "src/runtime/settlesByHand.ts"
const killedBy = ["test/runtime/events.test.ts"]

/** The events of jobs, and when they are told. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A transaction that is rolled back tells its events",
    file: transactions,
    find: "mark === undefined || committed.has(mark) ? [effect] : []",
    replace: "mark === undefined || committed.size >= 0 ? [effect] : []",
    killedBy
  },
  {
    name: "A transaction that commits tells no events",
    file: transactions,
    find: "mark === undefined || committed.has(mark) ? [effect] : []",
    replace: "mark === undefined ? [effect] : []",
    killedBy
  },
  {
    name: "A transaction tells its events before it commits",
    file: "src/store/thenTell.ts",
    find: ": store.afterCommit(store.events.publishAll(events))",
    replace: ": store.events.publishAll(events)",
    killedBy
  },
  {
    name: "A settle by hand is told each time it is repeated",
    file: byHand,
    find: "(answer.right.isRepeat && !wasUnanswered)",
    replace: "(answer.right.isRepeat && !wasUnanswered && wasUnanswered)",
    killedBy
  },
  {
    name: "A settle by hand whose answer was lost is never told",
    file: byHand,
    find: "Effect.onError(only(write), () => noteUnanswered)",
    replace: "Effect.onError(only(write), () => (noteUnanswered, Effect.void))",
    killedBy
  },
  {
    name: "A settle by a handler is told again by its worker",
    file: "src/runtime/attempt/tell.ts",
    find: "isRepeat\n    ? undefined\n",
    replace: "isRepeat && end !== \"succeeded\"\n    ? undefined\n",
    killedBy
  },
  {
    name: "A settle that is repeated because its answer was lost is not told",
    file: "src/runtime/attempt/settle.ts",
    find: "Ended.Settled({ ...ended, isRepeat: false })",
    replace: "Ended.Settled({ ...ended })",
    killedBy
  },
  {
    name: "A subscriber that is slow holds workers up",
    file: hub,
    find: "PubSub.sliding<JobEvent>(kept)",
    replace: "PubSub.bounded<JobEvent>(kept)",
    killedBy,
    hangs: true
  },
  {
    name: "A subscriber that is slow misses the newest events",
    file: hub,
    find: "PubSub.sliding<JobEvent>(kept)",
    replace: "PubSub.dropping<JobEvent>(kept)",
    killedBy
  },
  {
    name: "A listener that throws stops who tells",
    file: hub,
    find: "} catch (thrown) {\n            listenerThrew(thrown, fiber)\n          }",
    replace: "} finally {\n          }",
    killedBy
  },
  {
    name: "What a listener has run stops who tells where it dies",
    file: hub,
    find: "Effect.catchAllDefect(more, (thrown) => Effect.sync(() => listenerThrew(thrown, fiber)))",
    replace: "more",
    killedBy
  },
  {
    name: "The events of a store go on after it has closed",
    file: hub,
    find: "Effect.acquireRelease(PubSub.sliding<JobEvent>(kept), PubSub.shutdown)",
    replace: "PubSub.sliding<JobEvent>(kept)",
    killedBy,
    hangs: true
  }
]
