import { Duration, Effect, Either, Layer, Option, Schema } from "effect"
import { answer, roomOn } from "../../cli/answer.ts"
import { exists } from "../../cli/existingDatabase.ts"
import type { Finding, Verdict } from "../../cli/findings.ts"
import { describeFindings, ok, problem, warning, worst } from "../../cli/findings.ts"
import { httpPort, httpSettings } from "../../cli/httpSettings.ts"
import { lastingSettings } from "../../cli/openQueue.ts"
import { otlpSettings } from "../../cli/otlpSettings.ts"
import { sentenceOf } from "../../cli/report.ts"
import type { Settings } from "../../cli/settings.ts"
import { spanText } from "../../cli/spanText.ts"
import { storeOf } from "../../cli/storeOf.ts"
import type { Streams } from "../../cli/Streams.ts"
import { typedHoldfast } from "../../cli/typed.ts"
import { JobQueue } from "../../index.ts"
import type { DatabaseUrl } from "../../store/databaseUrl.ts"
import { nameOf } from "../../store/databaseUrl.ts"
import { isMissingRight } from "../../store/dialect.ts"
import { look } from "../../store/doctor/look.ts"
import { JobStore } from "../../store/JobStore.ts"
import { checkPostgres, checkSqlite, checkVersion, restoreAdvice } from "./doctor/databaseChecks.ts"
import { checkFiles } from "./doctor/fileChecks.ts"
import type { OverLeases } from "./doctor/queueChecks.ts"
import { checkDue, checkLeases } from "./doctor/queueChecks.ts"
import { checkWorkers } from "./doctor/workerChecks.ts"

/** Checks have found problems, which were printed. */
export class ProblemsFound extends Schema.TaggedError<ProblemsFound>()("ProblemsFound", { problems: Schema.Number }) {
  override get message() {
    const are = this.problems === 1 ? "1 problem was" : `${this.problems} problems were`
    return `${are} found; standard output says what`
  }
}

/** The longest wait for a lock or a server: a person is at the terminal. */
const longestWait = Duration.seconds(5)

/** Leases that are over and are counted. A worker holds some tens. */
const mostLeases = 2000

/** Heads of lanes that `JobQueue.stats` reads at most. */
const mostHeads = 2000

/** Checks the settings, the database and the queue, and prints a finding for each check. Fails if one is a problem. Changes nothing. */
export const doctor = (flags: { readonly deep: boolean; readonly json: boolean }, { stdout }: Streams) =>
  Effect.gen(function*() {
    const configured = yield* Effect.either(lastingSettings)
    const others = yield* checkOtherSettings
    const findings = Either.isLeft(configured)
      ? [refused(configured.left), ...others]
      : [
        ...withoutDoubt(checkSettings(configured.right), others),
        ...yield* checkDatabase(configured.right, flags.deep)
      ]
    const database = Either.isLeft(configured) ? null : nameOf(configured.right.database)
    const verdict: Verdict = worst(findings)
    yield* answer(
      flags.json,
      { database, verdict, settings: Either.isLeft(configured) ? null : shown(configured.right), findings },
      () => describeFindings(findings, roomOn(stdout))
    )
    const problems = findings.filter((each) => each.verdict === "problem").length
    if (problems > 0) return yield* new ProblemsFound({ problems })
  })

const refused = (error: unknown) =>
  problem("settings", sentenceOf(error), "Correct the variable; the README's table lists what is allowed")

/** The settings are not ok while one of the others is refused. */
const withoutDoubt = (main: Finding, others: ReadonlyArray<Finding>) =>
  main.verdict === "ok" && others.length > 0 ? others : [main, ...others]

/** The settings of HTTP and of telemetry that are refused. Those of HTTP matter to `start` only if it has a port. */
const checkOtherSettings = Effect.gen(function*() {
  const port = yield* Effect.either(httpPort)
  const http = yield* Effect.either(httpSettings(Option.none()))
  const otlp = yield* Effect.either(otlpSettings)
  const servesHttp = Either.isLeft(port) || Option.isSome(port.right)
  return [
    ...(Either.isLeft(port) ? [refused(port.left)] : []),
    ...(Either.isRight(http) ? [] : [
      servesHttp
        ? refused(http.left)
        : warning(
          "settings",
          `${sentenceOf(http.left)}; HTTP is off`,
          "Correct the variable before you start with --http or run `dashboard`"
        )
    ]),
    ...(Either.isLeft(otlp) ? [refused(otlp.left)] : [])
  ]
})

/** The settings without passwords, for JSON. Spans are milliseconds. */
const shown = (settings: Settings) => ({
  database: nameOf(settings.database),
  synchronous: settings.synchronous,
  busyTimeout: Duration.toMillis(settings.busyTimeout),
  schema: Option.getOrNull(settings.schema),
  listens: Option.match(settings.listenUrl, {
    onNone: () => "pool" as const,
    onSome: (url) => url === false ? "off" as const : "own url" as const
  }),
  concurrency: settings.concurrency,
  pollInterval: Duration.toMillis(settings.pollInterval),
  leaseFor: Duration.toMillis(settings.leaseFor),
  heartbeatInterval: Duration.toMillis(settings.heartbeatInterval),
  staleCheckInterval: Duration.toMillis(settings.staleCheckInterval),
  shutdownGrace: Duration.toMillis(settings.shutdownGrace)
})

const checkSettings = (settings: Settings): Finding => {
  const { concurrency, database, heartbeatInterval, leaseFor, shutdownGrace } = settings
  const kind = database.database === "sqlite" ? "the SQLite file" : "the PostgreSQL database"
  const span = (of: Duration.Duration) => spanText(Duration.toMillis(of))
  return Duration.greaterThanOrEqualTo(Duration.times(heartbeatInterval, 2), leaseFor)
    ? problem(
      "settings",
      `A heartbeat every ${span(heartbeatInterval)} is too slow for ${span(leaseFor)} leases; workers refuse to start`,
      "Set HOLDFAST_HEARTBEAT_INTERVAL to less than half of HOLDFAST_LEASE_DURATION"
    )
    : ok(
      "settings",
      `They name ${kind} ${nameOf(database)}, at most ${concurrency} jobs at once, leases of ${
        span(leaseFor)
      } with a heartbeat `
        + `every ${span(heartbeatInterval)}, and ${span(shutdownGrace)} of grace`
    )
}

const checkDatabase = (settings: Settings, isDeep: boolean) =>
  Effect.gen(function*() {
    const { busyTimeout, database, schema, synchronous } = settings
    const migrate = yield* typedHoldfast("migrate")
    const onDisk = database.database === "sqlite" ? yield* checkFiles(database.filename) : []
    if (!(yield* exists(database))) {
      return [
        problem("database", `There is no database at ${nameOf(database)}, or it is empty`, `Make one: ${migrate}`),
        ...onDisk
      ]
    }
    const limit = Duration.toMillis(Duration.min(busyTimeout, longestWait))
    const looked = yield* Effect.either(look(database, { schema: Option.getOrUndefined(schema), isDeep, limit }))
    if (Either.isLeft(looked)) {
      return [problem("database", sentenceOf(looked.left), adviceFor(database, sentenceOf(looked.left))), ...onDisk]
    }
    const facts = looked.right
    const version = checkVersion(facts, migrate)
    const queue = version.verdict === "ok" ? yield* checkQueue(settings, version) : [version]
    return [
      ...(queue.some(({ check }) => check === "database") ? [] : [ok("database", `${nameOf(database)} can be read`)]),
      ...queue,
      ...(facts.database === "sqlite" ? checkSqlite(facts, synchronous) : checkPostgres(facts)),
      ...(isDeep && facts.database === "postgresql"
        ? [ok("integrity", "--deep is for SQLite; on a server, its administrator has pg_amcheck")]
        : []),
      ...onDisk
    ]
  })

/** Advice for a database that cannot be opened or read. */
const adviceFor = ({ database }: DatabaseUrl, sentence: string) =>
  /is not installed/.test(sentence)
    ? "Install it beside holdfast"
    : database === "postgresql"
    ? "Check whether the server runs and can be reached, and whether DATABASE_URL has its host, port, database, user and password"
    : /locked|busy/.test(sentence)
    ? "Look for a program that keeps the database locked, such as one with locking_mode=EXCLUSIVE or a long transaction"
    : isDamage(sentence)
    ? "Check whether DATABASE_URL names the right file; if it does, restore a backup"
    : "Check whether the user that runs this may read the file and write to its folder; the app's user can"

const isDamage = (sentence: string) => /not a database|malformed/.test(sentence)

/** A finding for the tables or the jobs that cannot be read. */
const unreadable = ({ database }: DatabaseUrl, sentence: string) =>
  database === "sqlite" && isDamage(sentence)
    ? problem("database", sentence, `\`doctor --deep\` lists the damage. ${restoreAdvice}`)
    : problem("tables", sentence, "Mend the tables as it says, or restore a backup")

/** The jobs, and the tables as the statements need them. */
const checkQueue = (settings: Settings, version: Finding) =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const { at, isWhole, lanes } = yield* JobQueue.stats()
    const sweptWithin = Duration.toMillis(Duration.sum(settings.staleCheckInterval, settings.heartbeatInterval))
    return [
      version,
      // Stats are also not whole where there are many jobs of few lanes.
      checkDue({ at, lanes, isWhole: isWhole || (yield* store.laneHeads({ limit: mostHeads })).length < mostHeads }),
      ...checkLeases(yield* overLeases, { lanes, now: at, sweptWithin }),
      ...Either.match(yield* readWorkers, {
        onLeft: (unread) => [unread],
        onRight: (workers) => checkWorkers(workers, lanes)
      })
    ]
  }).pipe(
    Effect.provide(Layer.provideMerge(JobQueue.layer, storeOf(settings, { readonly: true }))),
    Effect.catchAll((error) => Effect.succeed([unreadable(settings.database, sentenceOf(error))]))
  )

/** The workers, or a warning if a role may not read them or an app's SQL has changed a row: that keeps no job from running. */
const readWorkers = JobQueue.workers.pipe(
  Effect.map((workers) => Either.right(workers)),
  Effect.catchAllDefect((defect) =>
    unreadWorkers(defect, "Delete the rows of holdfast_workers: live workers write theirs again")
  ),
  Effect.catchIf(isMissingRight, (error) => unreadWorkers(error, "Ask the owner of the tables for a GRANT"))
)

const unreadWorkers = (error: unknown, todo: string) =>
  Effect.succeed(Either.left(warning("workers", `The workers cannot be read: ${sentenceOf(error)}`, todo)))

/** Read by the index of leases, so however many others there are, none that is over is missed. */
const overLeases = Effect.gen(function*() {
  const store = yield* JobStore
  const holders = yield* store.laneHolders({ areOver: true, limit: mostLeases })
  const [first] = yield* store.staleLeases({ limit: 1 })
  const isWhole = holders.reduce((sum, { jobs }) => sum + jobs, 0) < mostLeases
  return { holders, firstEnd: first?.lockedUntil, isWhole } satisfies OverLeases
})
