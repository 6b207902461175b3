import type { Mutant } from "../Mutant.ts"

const walCheckpoint = "src/store/sqlite/wal/walCheckpoint.ts"
const byStore = ["test/store/sqlite/walCheckpoint.test.ts"]

/** How a WAL is kept small without holding up the event loop. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A commit copies a long WAL, with the event loop standing",
    file: walCheckpoint,
    find: "set(\"wal_autocheckpoint\", isForThread ? 0 : pages)",
    replace: "set(\"wal_autocheckpoint\", isForThread ? pages : pages)",
    killedBy: byStore
  },
  {
    name: "Commits never copy the WAL again once a thread has done it",
    file: walCheckpoint,
    find: "size <= longestWal && applied.get(\"wal_autocheckpoint\") !== 0",
    replace: "size <= longestWal",
    killedBy: byStore
  },
  {
    name: "The 0 that leaves a WAL to the thread is taken for the app's, and nobody checkpoints again",
    file: walCheckpoint,
    find: "if (!isTurnedOff()) yield* readPages",
    replace: "if (!isForThread) yield* readPages",
    killedBy: byStore
  },
  {
    name: "Commits copy a long WAL after the app has turned checkpoints off and on again",
    file: walCheckpoint,
    find: "applied.set(\"wal_autocheckpoint\", pages)",
    replace: "",
    killedBy: byStore
  },
  {
    name: "A WAL that a reader holds back gets a thread for each statement",
    file: walCheckpoint,
    find: "if (isAsking || (mayAskAt !== undefined && now < mayAskAt)) return",
    replace: "if (isAsking || now < 0n) return",
    killedBy: byStore
  },
  {
    name: "A WAL that the app checkpoints by itself is checkpointed",
    file: walCheckpoint,
    find: "if (pages === 0 || isAsking) return",
    replace: "if (isAsking) return",
    killedBy: byStore
  },
  {
    name: "A thread that failed leaves a long WAL to nobody",
    file: walCheckpoint,
    find: "isForThread = Either.isRight(answer) && answer.right.left > longestWal",
    replace: "isForThread = Either.isLeft(answer) || answer.right.left > longestWal",
    killedBy: byStore
  },
  {
    name: "A thread checkpoints whatever has the name of the database",
    file: "src/store/sqlite/wal/checkpointThread.ts",
    find: "if (dev + \" \" + ino !== identity) throw",
    replace: "if (false) throw",
    killedBy: byStore
  },
  {
    name: "A WAL that is copied stays as long as it was",
    file: "src/store/sqlite/wal/checkpointThread.ts",
    find: "&& !checkpoint(\"TRUNCATE\").busy",
    replace: "&& !checkpoint(\"PASSIVE\").busy",
    killedBy: byStore
  },
  {
    name: "A WAL is shortened while others write to it",
    file: "src/store/sqlite/wal/checkpointThread.ts",
    find: "left === 0 && state() === before &&",
    replace: "left === 0 && before !== undefined &&",
    killedBy: byStore
  },
  {
    name: "A reader that holds a WAL back is told of each time",
    file: "src/store/sqlite/wal/walReports.ts",
    find: "else if (!isTold)",
    replace: "else if (Option.isSome(heldSince))",
    killedBy: byStore
  },
  {
    name: "A worker does not look at the WAL by itself",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "Effect.zipRight(orReport(\"tidy\", store.tidy)),",
    replace: "",
    killedBy: ["test/runtime/walSize.test.ts"]
  }
]
