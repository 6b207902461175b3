import type { Mutant } from "../Mutant.ts"

const file = "src/store/groupCommits.ts"
const killedBy = ["test/store/groupCommits.test.ts"]

/** Calls of the store that go together in one transaction. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "An answer that comes before its caller's wait has begun is not heard",
    file,
    find: "if (one.answer === undefined) one.resume = resume\n        else resume(one.answer)",
    replace: "one.resume = resume\n        if (one.isGivenUp && one.answer !== undefined) resume(one.answer)",
    killedBy
  },
  {
    name: "One call that is refused takes those that went with it",
    file,
    find: "if (group.length <= 1 || !isOfOneCall(exit.cause)) fail(exit.cause)",
    replace: "if (group.length > 0 || !isOfOneCall(exit.cause)) fail(exit.cause)",
    killedBy
  },
  {
    name: "What is the fault of no call is tried again for each",
    file,
    find: "if (group.length <= 1 || !isOfOneCall(exit.cause)) fail(exit.cause)",
    replace: "if (group.length <= 1) fail(exit.cause)",
    killedBy
  },
  {
    name: "A call that is interrupted as it waits is written all the same",
    file,
    find: "return waiting.delete(one) ? Effect.void : Effect.ignore(heard(one))",
    replace: "return waiting.has(one) ? Effect.void : Effect.ignore(heard(one))",
    killedBy
  },
  {
    name: "A call that is interrupted as it is written does not wait for that",
    file,
    find: "return waiting.delete(one) ? Effect.void : Effect.ignore(heard(one))",
    replace: "return Effect.sync(() => void waiting.delete(one))",
    killedBy
  },
  {
    name: "A transaction that does not begin fails those who have just come",
    file,
    find: "[...waiting].filter(({ after }) => after < number)",
    replace: "[...waiting]",
    killedBy
  },
  {
    name: "A transaction takes all who wait, however many",
    file,
    find: "single > 0 || count > most || bytes > mostBytes || isAgain",
    replace: "single > 0 || bytes > mostBytes || isAgain",
    killedBy
  },
  {
    name: "A transaction takes all who wait, however large",
    file,
    find: "single > 0 || count > most || bytes > mostBytes || isAgain",
    replace: "single > 0 || count > most || isAgain",
    killedBy
  },
  {
    name: "A call gets the answers to all who went with it",
    file,
    find: "exit.value.slice(from, from += one.items.length)",
    replace: "exit.value.slice(from)",
    killedBy
  },
  {
    name: "A call that is interrupted before it waits is written all the same",
    file,
    find: "restore(heard(one)), () => {",
    replace: "heard(one), () => {",
    also: [{
      file,
      find: "Effect.uninterruptibleMask((restore) => Effect.withFiberRuntime((caller) => {",
      replace: "Effect.suspend(() => Effect.withFiberRuntime((caller) => {"
    }],
    killedBy
  },
  {
    name: "What a call has to tell is told by nobody if it was interrupted as it heard",
    file,
    find: "return waiting.delete(one) ? Effect.void : Effect.ignore(heard(one))",
    replace: "return waiting.delete(one) || one.answer !== undefined ? Effect.void : Effect.ignore(heard(one))",
    killedBy
  },
  {
    name: "What a call has to tell is told twice if it was interrupted after that",
    file,
    find: "if (isRun) return Effect.void",
    replace: "",
    killedBy
  },
  {
    name: "A call that was given up as its group failed is written all the same",
    file,
    find: "Arr.partition(group, ({ isGivenUp }) => !isGivenUp)",
    replace: "Arr.partition(group, () => true)",
    killedBy
  },
  {
    name: "A group that failed is made again as a group",
    file,
    find: "single > 0 || count > most || bytes > mostBytes || isAgain",
    replace: "count > most || bytes > mostBytes || isAgain",
    hangs: true,
    killedBy
  },
  {
    name: "Two calls that name the same job go together",
    file,
    find: "single > 0 || count > most || bytes > mostBytes || isAgain",
    replace: "single > 0 || count > most || bytes > mostBytes",
    killedBy
  },
  {
    name: "Calls do not go together",
    file,
    find: "for (const one of waiting) {\n        count",
    replace: "for (const one of waiting) {\n        if (group.length > 0) break\n        count",
    killedBy
  },
  {
    name: "A job that is written with others is told to nobody",
    file: "src/store/SqlJobStore.ts",
    find: "tell: (jobs, answers, caller) => events.tell(enqueuedEvents(jobs, answers), caller)",
    replace: "tell: () => undefined",
    killedBy
  },
  {
    name: "A job that is written with others waits for the next poll",
    file: "src/store/SqlJobStore.ts",
    find: "committed: (answers) => mayBeDue(answers) ? signals.wake : Effect.void",
    replace: "committed: () => Effect.void",
    killedBy
  },
  {
    name: "A job that another is in the way of counts as enqueued",
    file: "src/store/enqueue.ts",
    find: "Option.liftPredicate(inserted.map(enqueued), Arr.isNonEmptyArray)",
    replace: "Option.some(jobs.map(enqueued))",
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "A job that is enqueued alone leaves what triggers have written although it is refused",
    file: "src/store/enqueue.ts",
    find: "? insertWhole(jobs, now).pipe(",
    replace: "? insert(jobs, now).pipe(",
    also: [{ file: "src/store/enqueue.ts", find: "findKept, insert, insertWhole }", replace: "findKept, insert }" }],
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "A job that is enqueued alone gets no second try where its statement fails",
    file: "src/store/enqueue.ts",
    find: "Effect.catchIf(hasWrittenNothing, () => Effect.succeedNone)",
    replace: "Effect.orDie",
    killedBy: ["test/store/sqlite/busyTimeout.test.ts"]
  },
  {
    name: "Calls that wait outlive the store",
    file,
    find: "running === undefined ? Effect.void : Effect.map(Fiber.interrupt(running), giveUp)",
    replace: "Effect.void",
    killedBy
  },
  {
    name: "A call never ends if the store closes while it waits",
    file,
    find: "Effect.map(Fiber.interrupt(running), giveUp)",
    replace: "Fiber.interrupt(running)",
    killedBy,
    hangs: true
  }
]
