import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const store = "src/store/SqlJobStore.ts"

/** Shows that the simulation holds every part of an answer against what was there. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet's answers, a look tells the opposite of whether a job holds its key",
    file: "src/store/statements/rows.ts",
    find: "Schema.transformLiterals([0, false], [1, true])",
    replace: "Schema.transformLiterals([0, true], [1, false])",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet's answers, a retry ignores its partition",
    file: store,
    find: "WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('failed', 'cancelled')\n        AND NOT EXISTS",
    replace: "WHERE id = ${id} AND status IN ('failed', 'cancelled')\n        AND NOT EXISTS",
    killedBy: bySeed(11, 12, 2, 3, 4, 5, 6)
  },
  {
    name: "In a fleet's answers, a list shows jobs of every kind",
    file: "src/store/statements/filter.ts",
    find: "equals(\"kind\", kind, \"by_kind\")",
    replace: "equals(\"kind\", kind === \"\" ? kind : undefined, \"by_kind\")",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet's answers, a second page begins with the last job of the first",
    file: "src/store/statements/filter.ts",
    find: "sql`id < ${cursor}`",
    replace: "sql`id <= ${cursor}`",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet's answers, a job is settled with less than its handler answered",
    file: "src/runtime/attempt/runAttempt.ts",
    find: "settles.complete({ lease, result: result.right }, began)",
    replace: "settles.complete({ lease, result: result.right.replace(/\\\\n/, \"\") }, began)",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet's answers, a chunk after the first is not added",
    file: "src/store/statements/enqueue.ts",
    find: "const added = yield* eachInTurn(inChunks(missing), (chunk) => insert(chunk, now.sql))",
    replace: "const added = yield* eachInTurn(inChunks(missing).slice(0, 1), (chunk) => insert(chunk, now.sql))",
    killedBy: bySeed(276, 255)
  }
]
