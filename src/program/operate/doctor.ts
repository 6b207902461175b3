import { Duration, Effect, Either, Layer, Option, Schema } from "effect"
import { answer, roomOn } from "../../cli/answer.ts"
import { exists } from "../../cli/existingDatabase.ts"
import type { Finding, Verdict } from "../../cli/findings.ts"
import { describeFindings, ok, problem, worst } from "../../cli/findings.ts"
import { lastingSettings } from "../../cli/openQueue.ts"
import { sentenceOf } from "../../cli/report.ts"
import type { Settings } from "../../cli/settings.ts"
import { spanText } from "../../cli/spanText.ts"
import { storeOf } from "../../cli/storeOf.ts"
import type { Streams } from "../../cli/Streams.ts"
import { typedHoldfast } from "../../cli/typed.ts"
import type { JobRecord, Page } from "../../index.ts"
import { JobQueue } from "../../index.ts"
import type { DatabaseUrl } from "../../store/databaseUrl.ts"
import { nameOf } from "../../store/databaseUrl.ts"
import { look } from "../../store/doctor/look.ts"
import { checkPostgres, checkSqlite, checkVersion } from "./doctor/databaseChecks.ts"
import { checkFiles } from "./doctor/fileChecks.ts"
import { checkDue, checkLeases } from "./doctor/queueChecks.ts"

/** Checks have found problems, which were printed. */
export class ProblemsFound extends Schema.TaggedError<ProblemsFound>()("ProblemsFound", { problems: Schema.Number }) {
  override get message() {
    const are = this.problems === 1 ? "1 problem was" : `${this.problems} problems were`
    return `${are} found; standard output says what`
  }
}

/** What a person at a terminal waits for a lock or a server. */
const longestWait = Duration.seconds(5)

/** As many leases as are looked at. A worker holds some tens. */
const mostLeases = 2000

/** Looks at the settings, the database and the queue, changes nothing, and prints a finding for each check. Fails if one is a problem. */
export const doctor = (flags: { readonly deep: boolean; readonly json: boolean }, { stdout }: Streams) =>
  Effect.gen(function*() {
    const configured = yield* Effect.either(lastingSettings)
    const findings = Either.isLeft(configured)
      ? [
        problem("settings", sentenceOf(configured.left), "Correct the variable; the README's table has what is allowed")
      ]
      : [checkSettings(configured.right), ...yield* checkDatabase(configured.right, flags.deep)]
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

/** What the environment gives, without a password. Spans are milliseconds. */
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
      `A heartbeat every ${span(heartbeatInterval)} is too seldom for leases of ${
        span(leaseFor)
      }, and no worker starts so`,
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
    return [
      ok("database", `${nameOf(database)} can be read`),
      ...(version.verdict === "ok" ? yield* checkQueue(settings, version) : [version]),
      ...(facts.database === "sqlite" ? checkSqlite(facts, synchronous) : checkPostgres(facts)),
      ...(isDeep && facts.database === "postgresql"
        ? [ok("integrity", "--deep is for SQLite; on a server, its administrator has pg_amcheck")]
        : []),
      ...onDisk
    ]
  })

/** What to do about a database that cannot be opened or read. */
const adviceFor = ({ database }: DatabaseUrl, sentence: string) =>
  /is not installed/.test(sentence)
    ? "Install it beside holdfast"
    : database === "postgresql"
    ? "Look whether the server runs and can be reached, and whether DATABASE_URL has its host, port, database, user and password"
    : /locked|busy/.test(sentence)
    ? "Look for a program that keeps the database locked, such as one with locking_mode=EXCLUSIVE or a long transaction"
    : /not a database|malformed/.test(sentence)
    ? "Look whether DATABASE_URL names the right file; if it does, restore a backup"
    : "Look whether the user that runs this may read the file and write to its folder; the app's user can"

/** The tables as the statements need them, and the jobs in them. */
const checkQueue = (settings: Settings, version: Finding) =>
  Effect.gen(function*() {
    const { at, isWhole, lanes } = yield* JobQueue.stats()
    const running = yield* runningJobs
    const sweptWithin = Duration.toMillis(Duration.sum(settings.staleCheckInterval, settings.heartbeatInterval))
    const due = checkDue({ at, lanes })
    return [
      version,
      isWhole ? due : { ...due, says: `${due.says}; not every queue and kind was looked at` },
      ...checkLeases(running.jobs, { isWhole: running.isWhole, now: at, sweptWithin })
    ]
  }).pipe(
    Effect.provide(Layer.provide(JobQueue.layer, storeOf(settings, { readonly: true }))),
    Effect.catchAll((error) =>
      Effect.succeed([
        problem("tables", sentenceOf(error), "Mend the tables as it says, or restore a backup")
      ])
    )
  )

const runningJobs = Effect.gen(function*() {
  const jobs: Array<JobRecord> = []
  let cursor: string | null = null
  do {
    const page: Page = yield* JobQueue.list({
      status: "running",
      limit: 100,
      ...(cursor === null ? {} : { cursor })
    })
    jobs.push(...page.jobs)
    cursor = page.cursor
  } while (cursor !== null && jobs.length < mostLeases)
  return { jobs, isWhole: cursor === null }
})
