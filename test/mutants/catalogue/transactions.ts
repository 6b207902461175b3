import type { Equivalent, Mutant } from "../Mutant.ts"

const connection = "src/store/connection.ts"
const transactions = "src/store/transactions.ts"
const sqlite = "src/store/SqliteStore.ts"
const sqlStore = "src/store/SqlJobStore.ts"
const migrate = "src/store/migrate.ts"
const tablesProblem = "src/store/tablesProblem.ts"
const byTransactions = ["test/store/transactions.test.ts"]
const byAfterTransaction = ["test/store/afterTransaction.test.ts"]
const byConnection = ["test/store/connection.test.ts"]
const byMonotonic = ["test/store/monotonic.test.ts"]
const bySqlite = ["test/store/SqliteStore.test.ts"]
const byTables = ["test/store/checkTables.test.ts"]

/** The client, its transactions and its locks, and how operations meet them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A fiber that waited for the connection goes on in the async context of the one before it",
    file: "src/store/connection.ts",
    find: "inItsContext(() => Deferred.unsafeDone(next, Effect.void))",
    replace: "void inItsContext, Deferred.unsafeDone(next, Effect.void)",
    killedBy: ["test/runtime/asyncContext.test.ts"]
  },
  {
    name: "A fiber that is interrupted as it is given the connection takes it along",
    file: connection,
    find: "Effect.suspend(() => waiting.delete(granted) ? Effect.void : release)",
    replace: "Effect.sync(() => void waiting.delete(granted))",
    killedBy: byConnection
  },
  {
    name: "A transaction that is interrupted as it is given the connection takes it along",
    file: connection,
    find: "Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))",
    replace: "Effect.onError(() => Effect.void)",
    killedBy: byConnection
  },
  {
    name: "A transaction that finds the database locked and is interrupted dies of it",
    file: connection,
    find: `        transact(restore)(restore(effect)).pipe(
          // In here, since a fiber that is interrupted runs no handler but keeps the defect.
          Effect.catchSomeDefect((defect) =>
            defect instanceof NotTransacted ? Option.some(Effect.fail(defect)) : Option.none()
          )
        )
      ),`,
    replace: `        transact(restore)(restore(effect))
      ).pipe(
        Effect.catchSomeDefect((defect) =>
          defect instanceof NotTransacted ? Option.some(Effect.fail(defect)) : Option.none()
        )
      ),`,
    killedBy: byConnection
  },
  {
    name: "A statement of the app's that is interrupted can never be run again",
    file: connection,
    find: "const connection = whole(driver)",
    replace: "const connection = driver",
    killedBy: byConnection
  },
  {
    name: "A statement of ours on a client of the app's that is interrupted can never be run again",
    file: "src/store/rows.ts",
    find: "return Effect.uninterruptible(connection.execute(text, parameters, undefined))",
    replace: "return connection.execute(text, parameters, undefined)",
    killedBy: byConnection
  },
  {
    name: "An export that is interrupted takes the driver's own permit along",
    file: sqlite,
    find: "holding(() => driver.export)",
    replace: "Effect.interruptible(holding(() => Effect.interruptible(client.export)))",
    killedBy: byConnection
  },
  {
    name: "A claim answers with what numbers its caller would have of its own statements",
    file: transactions,
    find: "asNumbers(context).pipe(Context.add(",
    replace: "context.pipe(Context.add(",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "An enqueue in a transaction answers with what numbers its caller would have of its own statements",
    file: transactions,
    find: "Effect.mapInputContext(effect as Effect.Effect<A, E | SqlError.SqlError>, asNumbers)",
    replace: "effect as Effect.Effect<A, E | SqlError.SqlError>",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A stale release answers with what numbers its caller would have of its own statements",
    file: transactions,
    find: "withTransaction(Effect.mapInputContext(effect as Effect.Effect<A, E>, asNumbers))",
    replace: "withTransaction(effect as Effect.Effect<A, E>)",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of the app's gives the connection back before it runs",
    file: connection,
    find: "const held = holdingConnection(client)",
    replace:
      "const held: ReturnType<typeof holdingConnection> = (use) => Effect.flatMap(Effect.scoped(client.reserve), use)",
    killedBy: byTransactions
  },
  {
    name: "A statement of ours gives the connection back before it runs",
    file: connection,
    find: "Effect.ensuring(Effect.suspend(() => use(connection)), release)",
    replace: "Effect.zipRight(release, Effect.suspend(() => use(connection)))",
    killedBy: byTransactions
  },
  {
    name: "A statement of ours that fails keeps the connection",
    file: connection,
    find: "Effect.ensuring(Effect.suspend(() => use(connection)), release)",
    replace: "Effect.zipLeft(Effect.suspend(() => use(connection)), release)",
    killedBy: byConnection
  },
  {
    name: "A claim that waits for the connection is waited for",
    file: connection,
    find: "take((effect) => restore(wait(effect)))",
    replace: "take(restore)",
    killedBy: ["test/runtime/endingBeforeClaim.test.ts"]
  },
  {
    name: "A claim that finds the connection free does not hear that its worker was told to end",
    file: connection,
    find: "      wait(Effect.void),\n",
    replace: "      Effect.void,\n",
    killedBy: ["test/runtime/endingBeforeClaim.test.ts"]
  },
  {
    name: "An export does not wait for the transaction that is open",
    file: sqlite,
    find: "export: holding(() => driver.export)",
    replace: "export: driver.export",
    killedBy: bySqlite
  },
  {
    name: "A transaction begins in the middle of a backup",
    file: sqlite,
    find: "holding(() => driver.backup(destination))",
    replace: "Effect.zipRight(holding(() => Effect.void), driver.backup(destination))",
    killedBy: bySqlite
  },
  {
    name: "A transaction of the store's own is a span of the app's trace",
    file: transactions,
    find: "Effect.withTracerEnabled(joining(inTransaction)(operation, effect), false)",
    replace: "joining(inTransaction)(operation, effect)",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of the store's goes through the app's transformer",
    file: "src/store/rows.ts",
    find: "return Effect.uninterruptible(connection.execute(text, parameters, undefined))",
    replace: "return Effect.zipRight(Effect.sync(() => [connection, text, parameters]), statement)",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of ours on a client of the app's gives the connection back before it runs",
    file: connection,
    find: "Effect.scopedWith((permit) => Effect.flatMap(wait(Scope.extend(reserve, permit)), use))",
    replace: "Effect.flatMap(wait(Effect.scoped(reserve)), use)",
    killedBy: byTransactions
  },
  {
    name: "A transaction begins without the write lock",
    file: connection,
    find: `"BEGIN IMMEDIATE"`,
    replace: `"BEGIN"`,
    killedBy: byTransactions
  },
  {
    name: "A COMMIT that failed leaves its transaction open",
    file: connection,
    find: `Effect.zipRight(rollback(connection), Effect.die(new NotTransacted("commit", error)))`,
    replace: `Effect.die(new NotTransacted("commit", error))`,
    killedBy: byTransactions
  },
  {
    name: "A COMMIT that failed is a defect",
    file: connection,
    find: `Effect.die(new NotTransacted("commit", error))`,
    replace: "Effect.die(error)",
    killedBy: byTransactions
  },
  {
    name: "What was rolled back because its COMMIT failed is acknowledged",
    file: connection,
    find: `Effect.zipRight(rollback(connection), Effect.die(new NotTransacted("commit", error)))`,
    replace: "rollback(connection)",
    killedBy: byTransactions
  },
  {
    name: "A transaction is acknowledged before its COMMIT",
    file: connection,
    find: `commit: (connection) =>
        Effect.catchAll(`,
    replace: `commit: (connection) => Effect.asVoid(Effect.forkDaemon(run(connection, "COMMIT"))),
      neverCalled: (connection: Connection) =>
        Effect.catchAll(`,
    killedBy: byTransactions
  },
  {
    name: "A fiber that outlives its transaction writes into a later one",
    file: connection,
    find: "Effect.sync(() => void (transaction.open = false))",
    replace: "Effect.void",
    killedBy: byTransactions
  },
  {
    name: "A transaction that is over still counts as the one a caller is in",
    file: connection,
    find: "return connection.open ? Option.some(connection.ofClient) : Option.none()",
    replace: "return Option.some(connection.ofClient)",
    killedBy: byTransactions
  },
  {
    name: "A transaction nests in one that is over",
    file: connection,
    find: "Option.isSome(ambientConnection(context as Context.Context<never>)) ? context : withoutTransaction(context)",
    replace: "context",
    killedBy: ["test/store/outlivingFiber.test.ts"]
  },
  {
    name: "A transaction that waits for the connection cannot be given up",
    file: connection,
    find: "yield* restore(Scope.extend(client.reserve, scope))",
    replace: "yield* Scope.extend(client.reserve, scope)",
    killedBy: byTransactions,
    hangs: true
  },
  {
    name: "A statement that finds the database locked fails at once",
    file: connection,
    find: `return Predicate.hasProperty(cause, "code") && String(cause.code).startsWith("SQLITE_BUSY")`,
    replace: `return Predicate.hasProperty(cause, "code") && cause.code === "SQLITE_LOCKED"`,
    killedBy: byTransactions
  },
  {
    name: "Only plain SQLITE_BUSY is waited for, and no lock for recovery",
    file: connection,
    find: `String(cause.code).startsWith("SQLITE_BUSY")`,
    replace: `cause.code === "SQLITE_BUSY"`,
    killedBy: ["test/store/busyKinds.test.ts"]
  },
  {
    name: "A transaction that finds the database locked fails at once",
    file: connection,
    find: `error instanceof NotTransacted && error.step === "begin" && isBusy(error.error)`,
    replace: "error instanceof Error && isBusy(error)",
    killedBy: byTransactions
  },
  {
    name: "A transaction whose COMMIT finds the database locked is run a second time",
    file: connection,
    find: `error instanceof NotTransacted && error.step === "begin" && isBusy(error.error)`,
    replace: "error instanceof NotTransacted && isBusy(error.error)",
    killedBy: ["test/store/busyCommit.test.ts"]
  },
  {
    name: "A locked database is waited for without an end",
    file: connection,
    find: `Schedule.jittered,\n  Schedule.intersect(recurUpTo("5 seconds"))`,
    replace: "Schedule.jittered",
    killedBy: byTransactions,
    hangs: true
  },
  {
    name: "A locked database is waited for by the wall clock",
    file: connection,
    find: `Schedule.intersect(recurUpTo("5 seconds"))`,
    replace: `Schedule.upTo("5 seconds")`,
    killedBy: byMonotonic
  },
  {
    name: "A store is opened by the wall clock",
    file: sqlite,
    find: `Schedule.intersect(recurUpTo("10 seconds"))`,
    replace: `Schedule.upTo("10 seconds")`,
    killedBy: byMonotonic
  },
  {
    name: "What recurs up to a time does so once more",
    file: "src/store/monotonic.ts",
    find: "Duration.lessThan(Duration.nanos(now - since), duration)",
    replace: "Duration.lessThanOrEqualTo(Duration.nanos(now - since), duration)",
    killedBy: byMonotonic
  },
  {
    name: "The driver waits for a lock, and the whole process with it",
    file: sqlite,
    find: "yield* client`PRAGMA busy_timeout = 0`",
    replace: "",
    killedBy: bySqlite
  },
  {
    name: "A commit does not wait for the disk",
    file: sqlStore,
    find: "yield* sql`PRAGMA synchronous = ${sql.literal(options?.synchronous ?? \"full\")}`",
    replace: "",
    killedBy: bySqlite
  },
  {
    name: "Two processes that start at once make the same tables",
    file: migrate,
    find: "yield* immediateTransaction(sql)(bringUpToDate)",
    replace: "yield* bringUpToDate",
    killedBy: ["test/store/migrate.test.ts"]
  },
  {
    name: "A file that may not be written to is opened without a word",
    file: migrate,
    find: "yield* refuseUnwritable",
    replace: "",
    killedBy: bySqlite
  },
  {
    name: "Tables of a newer version are opened",
    file: migrate,
    find: "if (version !== newest) {",
    replace: "if (version < newest) {",
    killedBy: bySqlite
  },
  {
    name: "Tables that a tool has dropped are not missed",
    file: tablesProblem,
    find: "if (missing.some(isTable)) {",
    replace: "if (false) {",
    killedBy: byTables
  },
  {
    name: "An index that a tool has dropped is not missed",
    file: tablesProblem,
    find: "if (missing.length + changed.length > 0) return indexProblem(missing, changed)",
    replace: "",
    killedBy: byTables
  },
  {
    name: "Any index of the right name will do",
    file: tablesProblem,
    find: "each.parts.filter((part) => !same.parts.includes(part))",
    replace: "each.parts.filter((part) => each.type === \"table\" && !same.parts.includes(part))",
    killedBy: byTables
  },
  {
    name: "A table that an older version made is opened",
    file: tablesProblem,
    find: "if (lacks.length > 0) {",
    replace: "if (false) {",
    killedBy: byTables
  },
  {
    name: "A column that the app has added keeps the store from opening",
    file: tablesProblem,
    find: "each.parts.filter((part) => !same.parts.includes(part))",
    replace:
      "(each.parts.length < same.parts.length ? same.parts : each.parts).filter((part) => !(each.parts.length < same.parts.length ? each.parts : same.parts).includes(part))",
    killedBy: byTables
  },
  {
    name: "Tables that are only read are not checked",
    file: migrate,
    find: "Effect.suspend(() => check).pipe(",
    replace: "Effect.void.pipe(",
    killedBy: byTables
  },
  {
    name: "An enqueue is no part of the caller's transaction, and waits for its end",
    file: sqlStore,
    find: `enqueue: (jobs) => transaction("enqueue", Effect.uninterruptible(enqueue(jobs)))`,
    replace:
      `enqueue: (jobs) => Transactions.outsideTransaction(transaction("enqueue", Effect.uninterruptible(enqueue(jobs))))`,
    killedBy: ["test/runtime/enqueue.test.ts"],
    hangs: true
  },
  {
    name: "An enqueue takes part in another client's transaction",
    file: transactions,
    find: "if (ambient.value !== ours)",
    replace: "if (ambient.value === undefined)",
    killedBy: byTransactions
  },
  {
    name: "An enqueue by itself is no transaction",
    file: sqlStore,
    find: `enqueue: (jobs) => transaction("enqueue", Effect.uninterruptible(enqueue(jobs)))`,
    replace: `enqueue: (jobs) => statement("enqueue", Effect.uninterruptible(enqueue(jobs)))`,
    killedBy: ["test/store/largeEnqueue.test.ts"]
  },
  {
    name: "What is to run after the transaction runs before its commit",
    file: transactions,
    find: "if (Option.isNone(ambient)) return effect",
    replace: "if (Option.isNone(ambient) || afterwards.size >= 0) return effect",
    killedBy: byTransactions
  },
  {
    name: "What is to run after the transaction never runs",
    file: transactions,
    find: "Effect.forEach(effects, (effect) =>",
    replace: "Effect.forEach(effects.slice(0, 0), (effect) =>",
    killedBy: byTransactions
  },
  {
    name: "What is to run after the transaction runs as a part of it",
    file: transactions,
    find: `{ discard: true })
      ),
      outsideTransaction
    )`,
    replace: `{ discard: true })
      )
    )`,
    killedBy: byTransactions
  },
  {
    name: "Each enqueue in a transaction has a fiber that waits for its end",
    file: transactions,
    find: "return waiting ? Effect.void : Effect.asVoid(Effect.forkIn(runAfterwards, scope))",
    replace: "return Effect.as(Effect.forkIn(runAfterwards, scope), void waiting)",
    killedBy: byAfterTransaction
  },
  {
    name: "Workers are woken once for each enqueue of a transaction",
    file: transactions,
    find: "afterwards.add(effect)",
    replace: "afterwards.add(Effect.suspend(() => effect))",
    killedBy: byAfterTransaction
  },
  {
    name: "What is to run after the next transaction runs in the middle of it",
    file: transactions,
    find: `Effect.zipRight(client.reserve, takeAfterwards).pipe(
      // The client has one permit, so its transaction is over now, and no other has begun.
      Effect.scoped,`,
    replace: `client.reserve.pipe(
      Effect.scoped,
      Effect.zipRight(takeAfterwards),`,
    killedBy: byAfterTransaction
  },
  {
    name: "What waits for a transaction's end is lost behind something that dies",
    file: transactions,
    find: `Effect.catchAllCause(effect, (cause) =>
            Effect.logWarning("An effect that had waited for a transaction's end failed", cause))`,
    replace: "effect",
    killedBy: byAfterTransaction
  },
  {
    name: "A worker works inside the transaction it was started in",
    file: "src/runtime/Worker.ts",
    find: "inOwnAsyncContext(outsideTransaction(runWorker(settings, handlers)))",
    replace: "inOwnAsyncContext((outsideTransaction, runWorker(settings, handlers)))",
    killedBy: ["test/runtime/worker.test.ts"]
  },
  {
    name: "A handler works inside the transaction that its layer was built in",
    file: "src/runtime/attempt.ts",
    find: "Context.merge(withoutTransaction(services), attemptServices(",
    replace: "Context.merge(services, attemptServices(",
    killedBy: ["test/runtime/currentJob.test.ts"]
  },
  {
    name: "A store is opened as a part of the caller's transaction",
    file: sqlStore,
    find: "// The tables are nobody's transaction. One of this very client holds the connection and must end first.\n" +
      "      Transactions.outsideTransaction\n",
    replace: "",
    killedBy: bySqlite
  }
]

export const equivalents: ReadonlyArray<Equivalent> = []
