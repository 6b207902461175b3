import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const open = "src/store/transaction/openTransaction.ts"
const immediate = "src/store/sqlite/transaction/immediateTransaction.ts"
const transactions = "src/store/sqlite/transaction/transactions.ts"
const enqueue = "src/store/statements/enqueue.ts"
const databaseFile = "src/store/sqlite/databaseFile.ts"

/** Shows that the simulation sees what breaks in the transactions of callers. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet's transactions, one that is nested and fails is committed with the one around it",
    file: open,
    find: "command(connection, `ROLLBACK TO SAVEPOINT ${savepoint}`),",
    replace: "Effect.void,",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet's transactions, those beside each other do not wait for each other",
    file: "src/store/transaction/turns.ts",
    find: "if (this.isBusy || level !== this.innermost)",
    replace: "if (this.isBusy)",
    killedBy: bySeed(4),
    hangs: true
  },
  {
    name: "In a fleet's transactions, one that the database has rolled back goes on statement by statement",
    file: open,
    find: "if (!isThere) this.cut(undefined, rolledBackAfter(Cause.squash(cause)))",
    replace: "void [isThere, cause, rolledBackAfter, Cause]",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet's transactions, an id is another job's only if the kind is another",
    file: enqueue,
    find: "return one === undefined || one.kind !== job.kind || one.partition_key !== job.partitionKey\n" +
      "          || !isSameJson(one.payload, job.payload)",
    replace:
      "return one === undefined || one.kind !== job.kind || one.payload === \"\" && !isSameJson(one.payload, job.payload)",
    killedBy: bySeed(3)
  },
  {
    name: "In a fleet's transactions, one that fails is committed all the same",
    file: immediate,
    find: "Effect.onError(() => Effect.zipRight(level.transaction.undo(level), note(span, \"rollback\")))",
    replace: "Effect.onError(() => Effect.orDie(level.transaction.commit(level, (effect) => effect)))",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a transaction of another database of the process is taken for the store's own",
    file: transactions,
    find: "if (!isOurs(value)) {",
    replace: "if (!isOurs(value) && !isLevel(value)) {",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, what is called in a transaction of another database is done by itself",
    file: transactions,
    find: "return Effect.fail(new ForeignTransaction({ operation }))",
    replace:
      "return operation === \"\" ? Effect.fail(new ForeignTransaction({ operation })) : outsideTransaction(byItself(effect))",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet, two databases of a process share the job queue of the first",
    file: "src/runtime/JobQueue.ts",
    find: "Layer.fresh(Layer.effect(JobQueue, makeJobQueue))",
    replace: "Layer.effect(JobQueue, makeJobQueue)",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet's second database, a transaction of an app's own client is not the store's own",
    file: transactions,
    find: "isLevel(transaction) ? transaction.client === client.reserve : transaction === ours",
    replace: "isLevel(transaction) ? transaction.client === client.reserve : transaction !== ours",
    killedBy: bySeed(6)
  },
  {
    name: "In a fleet's second database, a call outside of an own client's transactions does not wait for their end",
    file: "src/store/sqlite/connection.ts",
    find: "(use, wait) => lend((connection) => guard(byItself(connection, use(connection))), wait)",
    replace: "(use, wait) => (void [lend, wait], guard(byItself(connection, use(connection))))",
    killedBy: bySeed(6)
  },
  {
    name: "In a fleet's second database, a store does not look whether its file was replaced",
    file: databaseFile,
    find: "const trouble = look()",
    replace: "const trouble = replaced === undefined ? undefined : look()",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet's second database, a file that was replaced is told of as one that may come back",
    file: transactions,
    find: "isDatabaseReplaced(cause) ? \"databaseReplaced\" : \"unavailable\"",
    replace: "isDatabaseReplaced(cause) ? \"unavailable\" : \"unavailable\"",
    killedBy: bySeed(4)
  },
  {
    name: "In a fleet's second database, nobody looks whether the file of an app's own client was replaced",
    file: "src/store/sqlite/connection.ts",
    find: "lend((connection) => guard(byItself(connection, use(connection))), wait)",
    replace: "lend((connection) => (void guard, byItself(connection, use(connection))), wait)",
    killedBy: bySeed(6)
  }
]
