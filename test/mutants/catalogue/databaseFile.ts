import type { Mutant } from "../Mutant.ts"

const databaseFile = "src/store/sqlite/databaseFile.ts"
const byFile = ["test/store/sqlite/databaseFile.test.ts"]

/** How a database that is deleted or replaced under its connection is noticed. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A database file that is replaced under a store is taken for the one that was opened",
    file: databaseFile,
    find: "if (!areSame(identityOf(file), opened)) return refuse(file)",
    replace: "void opened",
    killedBy: byFile
  },
  {
    name: "A WAL that is deleted under a store is not missed",
    file: databaseFile,
    find: "return areSame(found, openedWal) ? undefined : walIsGone",
    replace: "return areSame(found, openedWal) || found === undefined ? undefined : walIsGone",
    killedBy: byFile
  },
  {
    name: "A replaced database is looked for before a statement, and not before its answer",
    file: databaseFile,
    find: "replaced ?? Effect.flatMap(effect, (answer) => {\n            const trouble = look()",
    replace:
      "replaced ?? look() ?? Effect.flatMap(effect, (answer) => {\n            const trouble = undefined as ReturnType<typeof look>",
    killedBy: byFile
  },
  {
    name: "What is done on a reserved connection is not looked behind",
    file: "src/store/sqlite/connection.ts",
    find: "isReserved ? guard(statement) : statement",
    replace: "statement",
    killedBy: byFile
  },
  {
    name: "The files of an app's own client are not watched",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "yield* watchLent(client, ours)",
    replace: "void watchLent",
    killedBy: byFile
  },
  {
    name: "A replaced database is told of as one that may come back",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "isDatabaseReplaced(cause) ? \"databaseReplaced\" : \"unavailable\"",
    replace: "isDatabaseReplaced(cause) ? \"unavailable\" : \"unavailable\"",
    killedBy: [...byFile, "test/runtime/replacedDatabase.test.ts"]
  },
  {
    name: "A settle goes on asking a store whose database was replaced",
    file: "src/runtime/attempt/runAttempt.ts",
    find: "error !== waitsNoLonger && !isLasting(error)",
    replace: "error !== waitsNoLonger",
    killedBy: ["test/runtime/replacedDatabase.test.ts"]
  }
]
