import type { Equivalent, Mutant } from "../Mutant.ts"

const connection = "src/store/sqlite/connection.ts"
const transactions = "src/store/sqlite/transaction/transactions.ts"
const sqlite = "src/store/sqlite/SqliteStore.ts"
const sqlStore = "src/store/SqlJobStore.ts"
const migrate = "src/store/sqlite/migrations/migrate.ts"
const busyTimeout = "src/store/sqlite/busyTimeout.ts"
const appsConnection = "src/store/sqlite/appsConnection.ts"
const tablesProblem = "src/store/sqlite/migrations/tablesProblem.ts"
const open = "src/store/transaction/openTransaction.ts"
const turns = "src/store/transaction/turns.ts"
const immediate = "src/store/sqlite/transaction/immediateTransaction.ts"
const control = "src/store/transaction/transactionControl.ts"
const savepoints = "src/store/transaction/savepoints.ts"
const byNested = ["test/store/sqlite/nestedTransactions.test.ts"]
const byRolledBack = ["test/store/sqlite/rolledBack.test.ts"]
const byTransactions = ["test/store/sqlite/transactions.test.ts"]
const byAfterTransaction = ["test/store/afterTransaction.test.ts"]
const byConnection = ["test/store/sqlite/connection.test.ts"]
const byMonotonic = ["test/store/monotonic.test.ts"]
const bySqlite = ["test/store/sqlite/SqliteStore.test.ts"]
const byAppsConnection = ["test/store/sqlite/appsConnection.test.ts"]
const byBusyTimeout = ["test/store/sqlite/busyTimeout.test.ts"]
const byTables = ["test/store/sqlite/checkTables.test.ts"]

/** The client, its transactions and its locks, and how operations meet them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A fiber that waited for the connection goes on in the async context of the one before it",
    file: "src/store/sqlite/connection.ts",
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
    name: "A transaction that finds the database locked dies of it",
    file: immediate,
    find: "Effect.mapError(command(connection, \"BEGIN IMMEDIATE\"), (error) => new NotBegun(error))",
    replace: "Effect.orDie(command(connection, \"BEGIN IMMEDIATE\"))",
    killedBy: byConnection
  },
  {
    name: "A store that is interrupted as it opens leaves its connection open",
    file: sqlite,
    find: "Scope.extend(scope),\n        Effect.catchAllDefect(Effect.fail),",
    replace: "Scope.extend(scope), Effect.interruptible, Effect.catchAllDefect(Effect.fail),",
    killedBy: ["test/store/sqlite/interruptedOpening.test.ts"]
  },
  {
    name: "A statement of the app's that is interrupted can never be run again",
    file: connection,
    find:
      "const connection = whole(driver, (statement) => Effect.suspend(() => isReserved ? guard(statement) : statement))",
    replace: "void isReserved\n  const connection = driver",
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
    name: "The store answers with what numbers its caller would have of its own statements",
    file: transactions,
    find: "Context.add(SqlClient.SafeIntegers, false),",
    replace: "",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of the app's gives the connection back before it runs",
    file: connection,
    find: "eachByItself(holdingConnection(client), client.reserve)",
    replace: "eachByItself((use) => Effect.flatMap(Effect.scoped(client.reserve), use), client.reserve)",
    killedBy: byTransactions
  },
  {
    name: "A statement of Holdfast's runs on a free connection and does not take it",
    file: connection,
    find: "held = true\n          return thenPassOn(run)",
    replace: "return run",
    killedBy: byTransactions
  },
  {
    name: "A statement of ours that fails keeps the connection",
    file: connection,
    find: "onFailure: (cause) => {\n        passOn()\n        return Effect.failCause(cause)",
    replace: "onFailure: (cause) => {\n        return Effect.failCause(cause)",
    killedBy: byConnection
  },
  {
    name: "A claim that was interrupted before it takes a free connection is made",
    file: connection,
    find: "!held && !isInterrupted && ",
    replace: "!held && (isInterrupted || true) && ",
    killedBy: ["test/runtime/endingBeforeClaim.test.ts"]
  },
  {
    name: "A fiber goes on in the context of its last statement",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "onSuccess: (answer) => Effect.as(FiberRef.set(FiberRef.currentContext, currentContext), answer)",
    replace: "onSuccess: Effect.succeed",
    killedBy: byConnection
  },
  {
    name: "A fiber goes on in the context of its last statement, if that has failed",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "Effect.zipRight(FiberRef.set(FiberRef.currentContext, currentContext), Effect.failCause(cause))",
    replace: "Effect.failCause(cause)",
    killedBy: byConnection
  },
  {
    name: "A claim that waits for the connection is waited for",
    file: connection,
    find: "take(asCallerAsked)",
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
    find: "Effect.withTracerEnabled(run(operation, effect), false)",
    replace: "run(operation, effect)",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of the store's goes through the app's transformer",
    file: "src/store/statements/rows.ts",
    find: "return endsInterrupted in connection ? run : Effect.uninterruptible(run)",
    replace: "return Effect.zipRight(Effect.sync(() => [connection, run]), statement)",
    killedBy: ["test/store/unseen.test.ts"]
  },
  {
    name: "A statement of ours on a client of the app's gives the connection back before it runs",
    file: connection,
    find:
      "Effect.scopedWith((permit) =>\n    Effect.flatMap(wait(Scope.extend(reserve, permit)), (connection) => Effect.zipRight(wait(giveWay), use(connection)))\n  )",
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
    file: immediate,
    find: `      Effect.zipLeft(Effect.zipRight(
        note(span, level.depth === 0 ? "commit" : "savepoint"),
        level.transaction.commit(level, restore)
      )),
      Effect.onError(() => Effect.zipRight(level.transaction.undo(level), note(span, "rollback")))`,
    replace: `      Effect.onError(() => Effect.zipRight(level.transaction.undo(level), note(span, "rollback"))),
      Effect.zipLeft(Effect.zipRight(
        note(span, level.depth === 0 ? "commit" : "savepoint"),
        level.transaction.commit(level, restore)
      ))`,
    killedBy: byTransactions
  },
  {
    name: "A COMMIT that failed is a defect",
    file: immediate,
    find: "level.transaction.commit(level, restore)",
    replace: "Effect.orDie(level.transaction.commit(level, restore))",
    killedBy: byTransactions
  },
  {
    name: "What was rolled back because its COMMIT failed is acknowledged",
    file: immediate,
    find: "level.transaction.commit(level, restore)",
    replace:
      "Effect.ignore(Effect.onError(level.transaction.commit(level, restore), () => level.transaction.undo(level)))",
    killedBy: byTransactions
  },
  {
    name: "A transaction is acknowledged before its COMMIT",
    file: immediate,
    find: "level.transaction.commit(level, restore)",
    replace: "Effect.forkDaemon(level.transaction.commit(level, restore))",
    killedBy: byTransactions
  },
  {
    name: "A fiber that outlives its transaction writes into a later one",
    file: open,
    find: "level.state = \"ended\"",
    replace: "",
    killedBy: byTransactions
  },
  {
    name: "A transaction that is over still counts as the one a caller is in",
    file: "src/store/transaction/ambientTransaction.ts",
    find: "Option.filter((connection) => !(isLevel(connection) && connection.isOver))",
    replace: "Option.filter(() => true)",
    killedBy: byTransactions
  },
  {
    name: "A transaction nests in one that has ended while it waited for its turn",
    file: open,
    find: "inItsContext(() => Deferred.unsafeDone(turn.answer, Effect.succeed(undefined)))",
    replace: "inItsContext(() => Deferred.unsafeDone(turn.answer, Effect.succeed(level)))",
    killedBy: byNested,
    hangs: true
  },
  {
    name: "A transaction that waits for the connection cannot be given up",
    file: immediate,
    find: `            ), restore)`,
    replace: `            ), (wait) => wait)`,
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
    killedBy: ["test/store/sqlite/busyKinds.test.ts"]
  },
  {
    name: "A transaction that finds the database locked fails at once",
    file: immediate,
    find: "error instanceof NotBegun && isBusy(error.error)",
    replace: "error instanceof Error && isBusy(error)",
    killedBy: byTransactions
  },
  {
    name: "A transaction whose COMMIT finds the database locked is run a second time",
    file: immediate,
    find: "error instanceof NotBegun && isBusy(error.error)",
    replace: "isBusy(error instanceof NotBegun ? error.error : error)",
    killedBy: ["test/store/sqlite/busyCommit.test.ts"]
  },
  {
    name: "What follows a transaction that SQLite rolled back by itself is committed alone",
    file: open,
    find: "if (!isThere) this.cut(",
    replace: "if (isThere === undefined) this.cut(",
    killedBy: byRolledBack
  },
  {
    name: "A statement that failed is taken for the end of its transaction",
    file: open,
    find: "if (!isThere) this.cut(",
    replace: "this.cut(",
    killedBy: byRolledBack
  },
  {
    name: "A COMMIT written by hand ends the transaction it stands in",
    file: control,
    find: `return word === undefined || word === "SAVEPOINT" ? undefined`,
    replace: `return word === undefined || word !== "BEGIN" ? undefined`,
    killedBy: byRolledBack
  },
  {
    name: "A COMMIT behind a comment ends the transaction it stands in",
    file: control,
    find: "|--[^\\n]*(?:\\n|$)|",
    replace: "|",
    killedBy: byRolledBack
  },
  {
    name: "A BEGIN written by hand begins a transaction of nobody's",
    file: control,
    find: `return word === "BEGIN" || word === "START" || word === "SAVEPOINT"`,
    replace: `return word === "START" || word === "SAVEPOINT"`,
    killedBy: byRolledBack
  },
  {
    name: "A savepoint further out is released by hand inside a nested transaction",
    file: savepoints,
    find: "const at = this.names.lastIndexOf(called)",
    replace: "const at = Math.max(0, this.names.lastIndexOf(called))",
    killedBy: byRolledBack
  },
  {
    name: "A savepoint of an app's may have the name of a nested transaction's",
    file: savepoints,
    find: "return /^holdfast_\\d+$/.test(called)",
    replace: "return called === \"\"",
    killedBy: byRolledBack
  },
  {
    name: "A reserved connection is given back in the middle of a transaction",
    file: connection,
    find: "Effect.ensuring(endLeftOpen(connection), release)",
    replace: "release",
    killedBy: byRolledBack
  },
  {
    name: "Nobody waits for a transaction's end where the first to ask is interrupted as it does",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "Effect.uninterruptible(Effect.suspend(() => { const waiting = afterwards.size > 0",
    replace: "Effect.interruptible(Effect.suspend(() => { const waiting = afterwards.size > 0",
    killedBy: ["test/store/afterTransaction.test.ts"]
  },
  {
    name: "Nested transactions beside each other are on one stack at once",
    file: turns,
    find: "if (this.isBusy || level !== this.innermost)",
    replace: "if (this.isBusy)",
    killedBy: byNested
  },
  {
    name: "What a nested transaction's own fiber does with an outer connection waits for itself",
    file: open,
    find: "if (inner.owner === fiber) return inner",
    replace: "if (inner.owner === undefined) return inner",
    killedBy: byNested,
    hangs: true
  },
  {
    name: "Two parts of a transaction that wait for each other hold the connection forever",
    file: turns,
    find: "this.refuse(level, stuck)",
    replace: "void [level, stuck]",
    killedBy: byNested,
    hangs: true
  },
  {
    name: "A nested transaction that takes long is taken for one in which nothing happens",
    file: turns,
    find: "if (this.begun > before || this.isBusy) continue",
    replace: "if (this.isBusy) continue",
    killedBy: byNested
  },
  {
    name: "A transaction commits while one inside it is open",
    file: open,
    find: `this.take(level, wait),
      this.use((connection) =>
        Effect.map(`,
    replace: `Effect.as(this.turns.takeNow(level), wait),
      this.use((connection) =>
        Effect.map(`,
    killedBy: byNested
  },
  {
    name: "What is left of a nested transaction is committed alone when the outer one has failed",
    file: open,
    find: "this.cut(level, outerRolledBack)",
    replace: "this.turns.innermost = level",
    killedBy: byNested
  },
  {
    name: "A nested transaction that fails is kept",
    file: open,
    find: "command(connection, `ROLLBACK TO SAVEPOINT ${savepoint}`)",
    replace: "Effect.void",
    killedBy: byTransactions
  },
  {
    name: "A transaction whose savepoint was released by hand is committed",
    file: open,
    find: `this.cut(undefined, rolledBackAfter(error))
              return this.isOurs ? rollBack(connection) : Effect.void`,
    replace: `return Effect.sync(() => [ended(), error])`,
    killedBy: byNested
  },
  {
    name: "A fiber that is interrupted as it is given its turn in a transaction keeps it",
    file: open,
    find: "if (turn.given) return this.passOn(Effect.void)",
    replace: "",
    killedBy: byNested,
    hangs: true
  },
  {
    name: "A fiber goes on in the async context of the one before it in a transaction",
    file: open,
    find: "inItsContext: AsyncLocalStorage.snapshot()",
    replace: "inItsContext: (run) => run()",
    killedBy: byNested
  },
  {
    name: "A locked database is waited for without an end",
    file: busyTimeout,
    find: "if (Duration.greaterThanOrEqualTo(waited, busyTimeout))",
    replace: "if (false)",
    killedBy: byBusyTimeout,
    hangs: true
  },
  {
    name: "A locked database is waited for by the wall clock",
    file: busyTimeout,
    find: "Effect.map(monotonicNanos, (now) => {",
    replace: "Effect.map(Effect.sync(() => BigInt(Math.floor(wall * 1e6))), (now) => {",
    killedBy: byMonotonic
  },
  {
    name: "What recurs up to a time does so once more",
    file: "src/platform/monotonic.ts",
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
    find: "yield* client`PRAGMA synchronous = ${client.literal(options?.synchronous ?? \"full\")}`",
    replace: "",
    killedBy: bySqlite
  },
  {
    name: "Two processes that start at once make the same tables",
    file: migrate,
    find: "yield* immediateTransaction(sql)(bringUpToDate)",
    replace: "yield* bringUpToDate",
    killedBy: ["test/store/sqlite/migrate.test.ts"]
  },
  {
    name: "A file that may not be written to is opened without a word",
    file: migrate,
    find: "yield* refuseUnwritable",
    replace: "",
    killedBy: bySqlite
  },
  {
    name: "A start waits for the write lock although the tables are up to date",
    file: migrate,
    find: "if ((yield* look).version < newest)",
    replace: "",
    killedBy: byBusyTimeout
  },
  {
    name: "A start waits for the write lock to see whether the file may be written to",
    file: migrate,
    find: "Effect.catchIf(write, isBusy, () => Effect.void)",
    replace: "write",
    killedBy: byBusyTimeout
  },
  {
    name: "A start lets an app's own driver block the process while it waits for a lock",
    file: appsConnection,
    find: "run(\"PRAGMA busy_timeout = 0\")",
    replace: "Effect.void",
    killedBy: byBusyTimeout
  },
  {
    name: "On an app's own client an operation blocks the process while it waits for a lock",
    file: appsConnection,
    find: "isInside ? Effect.fail(unknownTransaction) : withoutWaiting(connection, use))",
    replace: "isInside ? Effect.fail(unknownTransaction) : use)",
    killedBy: byAppsConnection
  },
  {
    name: "On an app's own client an operation writes into a transaction that nobody is in",
    file: appsConnection,
    find: "isInside ? Effect.fail(unknownTransaction) : withoutWaiting(connection, use))",
    replace: "withoutWaiting(connection, use))",
    killedBy: byAppsConnection
  },
  {
    name: "On an app's own client what follows in a transaction that SQLite has ended is committed alone",
    file: appsConnection,
    find: "isInside ? use : Effect.fail(transactionIsOver))",
    replace: "use)",
    killedBy: byAppsConnection
  },
  {
    name: "A transaction that the app's client has begun is rolled back by the store",
    file: open,
    find: "return this.isOurs ? rollBack(connection) : Effect.void",
    replace: "return rollBack(connection)",
    killedBy: byAppsConnection
  },
  {
    name: "How long to wait for a lock cannot be set",
    file: sqlStore,
    find: "setBusyTimeout(client, yield* readBusyTimeout(options?.busyTimeout))",
    replace: "setBusyTimeout(client, yield* readBusyTimeout(undefined))",
    killedBy: byBusyTimeout
  },
  {
    name: "Those who have waited long for a lock come last",
    file: busyTimeout,
    find: "afterLong(millis)",
    replace: "100",
    killedBy: byBusyTimeout
  },
  {
    name: "Tables of a newer version are opened",
    file: migrate,
    find: "if (version !== newest) return",
    replace: "if (version < newest) return",
    killedBy: bySqlite
  },
  {
    name: "Tables that a tool has dropped are not missed",
    file: tablesProblem,
    find: "if (missing.some(({ name }) => name === withJobs)) {",
    replace: "if (false) {",
    killedBy: byTables
  },
  {
    name: "An index that a tool has dropped is not missed",
    file: tablesProblem,
    find: "if (missing.length + changed.length > 0) return mendableProblem(missing, changed)",
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
    find: "isInside(context) ? enqueueAlone(jobs) : enqueueTogether(jobs)",
    replace: "isInside(context) ? enqueueTogether(jobs) : enqueueTogether(jobs)",
    killedBy: ["test/runtime/enqueue.test.ts"],
    hangs: true
  },
  {
    name: "An enqueue takes part in another client's transaction",
    file: transactions,
    find: "if (!isOurs(value))",
    replace: "if (value === undefined)",
    killedBy: byTransactions
  },
  {
    name: "An enqueue by itself is no transaction",
    file: sqlStore,
    find: `transaction("enqueue", Effect.suspend(() => operations.enqueue(take())))`,
    replace: `statement("enqueue", Effect.suspend(() => operations.enqueue(take())))`,
    killedBy: ["test/store/largeEnqueue.test.ts"]
  },
  {
    name: "Events of a transaction are told before its commit",
    file: transactions,
    find: "if (Option.isNone(ambient)) return effect",
    replace: "if (Option.isNone(ambient) || afterwards.size >= 0) return effect",
    killedBy: ["test/runtime/events.test.ts"]
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
    find: "return waiting ? Effect.void : Effect.asVoid(Effect.forkIn(Effect.interruptible(runAfterwards), scope))",
    replace: "return Effect.as(Effect.forkIn(Effect.interruptible(runAfterwards), scope), void waiting)",
    killedBy: byAfterTransaction
  },
  {
    name: "Workers are woken once for each enqueue of a transaction",
    file: transactions,
    find:
      "afterTransaction: (effect) => Effect.flatMap(ambient, (ambient) => Option.isNone(ambient) ? effect : waitForEnd(effect))",
    replace:
      "afterTransaction: (effect) => Effect.flatMap(ambient, (ambient) => Option.isNone(ambient) ? effect : waitForEnd(Effect.suspend(() => effect)))",
    killedBy: byAfterTransaction
  },
  {
    name: "What is to run after the next transaction runs in the middle of it",
    file: transactions,
    find: `Effect.flatMap(client.reserve, takeAfterwards).pipe(
      // The client has one permit, so its transaction is over now, and no other has begun.
      Effect.scoped,`,
    replace: `client.reserve.pipe(
      Effect.scoped,
      Effect.flatMap(takeAfterwards),`,
    killedBy: byAfterTransaction
  },
  {
    name: "What waits for a transaction's end is lost behind something that dies",
    file: transactions,
    find: `Effect.catchAllCause(effect, (cause) =>
              line(LogLevel.Warning, "An effect that had waited for a transaction's end failed", {}, cause))`,
    replace: "effect",
    killedBy: byAfterTransaction
  },
  {
    name: "A worker works inside the transaction it was started in",
    file: "src/runtime/Worker.ts",
    find: "inOwnAsyncContext(inOwnContext(runWorker(settings, handlers)))",
    replace: "inOwnAsyncContext((inOwnContext, runWorker(settings, handlers)))",
    killedBy: ["test/runtime/worker.test.ts"]
  },
  {
    name: "A handler works inside the transaction that its layer was built in",
    file: "src/runtime/attempt/runAttempt.ts",
    find: "services: ownContext(handler.services)",
    replace: "services: handler.services",
    killedBy: ["test/runtime/currentJob.test.ts"]
  },
  {
    name: "A store is opened as a part of the caller's transaction",
    file: sqlStore,
    find:
      "// The tables are made in no caller's transaction. One of this client holds the connection and must end first.\n" +
      "      outsideTransaction,\n",
    replace: "",
    killedBy: bySqlite
  }
]

export const equivalents: ReadonlyArray<Equivalent> = []
