import type { Redacted, Schema } from "effect"
import { Config, ConfigError, Duration, Either, LogLevel, Option } from "effect"
import { allowedBy, check } from "../domain/check.ts"
import { Concurrency, Connections, Grace, MaxJobs, Name, SchemaName, Span, TimerSpan } from "../domain/limits.ts"
import type { DatabaseUrl } from "../store/databaseUrl.ts"
import { readDatabaseUrl, refusalText } from "../store/databaseUrl.ts"

/** Reads the text of a flag or a variable, or says what is allowed there. */
export type Reader<A> = (text: string) => Either.Either<A, string>

/** Reads a span, such as "500 millis" or "2 minutes", or a number of seconds. */
export const span = <I>(rule: Schema.Schema<Duration.Duration, I>): Reader<Duration.Duration> => (text) =>
  Either.mapLeft(
    check(rule, /^\d+(\.\d+)?$/.test(text) ? Duration.seconds(Number(text)) : text),
    ({ allowed }) => `${JSON.stringify(text)} is not ${allowed} or a number of seconds`
  )

/** Reads a whole number in digits. */
export const count = <I>(rule: Schema.Schema<number, I>): Reader<number> => (text) =>
  Either.mapLeft(
    check(rule, /^\d{1,9}$/.test(text) ? Number(text) : text),
    ({ allowed }) => `${JSON.stringify(text)} is not ${allowed}`
  )

/** Reads the most jobs to run, or 0 for no end. */
export const limit: Reader<Option.Option<number>> = (text) =>
  text === "0"
    ? Either.right(Option.none())
    : Either.mapBoth(count(MaxJobs)(text), {
      onLeft: () => `${JSON.stringify(text)} is not ${allowedBy(MaxJobs)}, or 0 for no end`,
      onRight: Option.some
    })

/** Reads a port, or 0 for any that is free. */
export const port: Reader<number> = (text) =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? Either.right(Number(text))
    : Either.left(`${JSON.stringify(text)} is not a port; use a whole number from 0 to 65535, 0 for any that is free`)

/** Reads a text that a rule accepts. */
export const textBy = <A, I>(rule: Schema.Schema<A, I>): Reader<A> => (text) =>
  Either.mapLeft(check(rule, text), ({ allowed, given }) => `${given} is not ${allowed}`)

/** Reads the URL of a database. */
export const database: Reader<DatabaseUrl> = (text) => Either.mapLeft(readDatabaseUrl(text), refusalText)

/** Reads the name of a schema of PostgreSQL. */
export const schemaName: Reader<Option.Option<string>> = (text) =>
  Either.mapBoth(check(SchemaName, text), {
    onLeft: ({ allowed }) => `${JSON.stringify(text)} is not ${allowed}`,
    onRight: Option.some
  })

/** Reads the URL of the connection that listens, or off. */
export const listenUrl: Reader<Option.Option<Redacted.Redacted | false>> = (text) =>
  text === "off"
    ? Either.right(Option.some(false))
    : Either.flatMap(database(text), (named) =>
      named.database === "postgresql"
        ? Either.right(Option.some(named.url))
        : Either.left(
          "a URL of SQLite is not supported; write postgres://<user>:<password>@<host>:<port>/<database>, or off"
        ))

/** Reads how long finished jobs are kept; off keeps them until someone deletes them. */
export const retention: Reader<Duration.Duration> = (text) =>
  text === "off"
    ? Either.right(Duration.infinity)
    : Either.mapLeft(span(Span)(text), (problem) => `${problem}, or off, which keeps them until someone deletes them`)

/** The queues to take jobs from, and the most jobs at once of each. None: as many as the worker may run. */
export type Queues = ReadonlyMap<string, Option.Option<number>>

/** Reads names of queues with commas between them, each alone or as in mail=5. */
export const queues: Reader<Option.Option<Queues>> = (text) =>
  Either.gen(function*() {
    const limits = new Map<string, Option.Option<number>>()
    for (const part of text.split(",").map((part) => part.trim())) {
      const equals = part.lastIndexOf("=")
      const name = (equals < 0 ? part : part.slice(0, equals)).trim()
      const problem = (problem: string) => `${problem}; write names of queues such as mail=5,default`
      const queue = yield* Either.mapLeft(textBy(Name)(name), problem)
      if (limits.has(queue)) return yield* Either.left(problem(`${JSON.stringify(queue)} is named twice`))
      const most = equals < 0
        ? Option.none()
        : Option.some(yield* Either.mapLeft(count(Concurrency)(part.slice(equals + 1).trim()), problem))
      limits.set(queue, most)
    }
    return Option.some(limits)
  })

const logFormats = ["pretty", "json", "logfmt"] as const

/** The form of the lines of the log: for people, or as JSON or logfmt for machines. */
export type LogFormat = typeof logFormats[number]

const readLogFormat: Reader<Option.Option<LogFormat>> = (text) =>
  Either.map(
    Either.fromNullable(
      logFormats.find((format) => format === text),
      () => `${JSON.stringify(text)} is not a format; write one of ${logFormats.join(", ")}`
    ),
    Option.some
  )

const synchronous: Reader<"full" | "normal"> = (text) =>
  text === "full" || text === "normal"
    ? Either.right(text)
    : Either.left(`${JSON.stringify(text)} is neither full nor normal`)

/** Reads a level of the log, in any case of letters. */
export const logLevel: Reader<LogLevel.LogLevel> = (text) =>
  Either.fromNullable(
    LogLevel.allLevels.find((level) => nameOf(level) === text.toLowerCase()),
    () => `${JSON.stringify(text)} is not a level; write one of ${LogLevel.allLevels.map(nameOf).join(", ")}`
  )

const nameOf = ({ _tag }: LogLevel.LogLevel) => _tag.toLowerCase()

/** Reads true or false. */
export const yesOrNo: Reader<boolean> = (text) =>
  text === "true" || text === "false"
    ? Either.right(text === "true")
    : Either.left(`${JSON.stringify(text)} is neither true nor false`)

/** A variable of the environment. An empty one counts as not set. */
export const variable = <A>(name: string, read: Reader<A>, unlessSet: A): Config.Config<A> =>
  Config.option(Config.string(name)).pipe(
    Config.mapOrFail((given) => {
      const text = Option.getOrElse(given, () => "").trim()
      return text === ""
        ? Either.right(unlessSet)
        : Either.mapLeft(read(text), (problem) => ConfigError.InvalidData([name], `${name}: ${problem}`))
    })
  )

/** The schema of Holdfast's tables on PostgreSQL. */
export const schema = variable("HOLDFAST_POSTGRES_SCHEMA", schemaName, Option.none<string>())

/** The form of the log's lines. None: pretty on a terminal, and JSON elsewhere. */
export const logFormat = variable("HOLDFAST_LOG_FORMAT", readLogFormat, Option.none<LogFormat>())

/**
 * The worker's settings in the environment; the README's table has a row for
 * each. Variables keep the names of the system that Holdfast replaces: the
 * length of a lease, `leaseFor` everywhere else, is HOLDFAST_LEASE_DURATION.
 */
export const settings = Config.all({
  database: variable<DatabaseUrl>("DATABASE_URL", database, { database: "sqlite", filename: "data/holdfast.db" }),
  synchronous: variable("HOLDFAST_SQLITE_SYNCHRONOUS", synchronous, "full"),
  busyTimeout: variable("HOLDFAST_SQLITE_BUSY_TIMEOUT", span(Span), Duration.seconds(30)),
  maxConnections: variable(
    "HOLDFAST_POSTGRES_MAX_CONNECTIONS",
    (text) => Either.map(count(Connections)(text), Option.some),
    Option.none<number>()
  ),
  schema,
  listenUrl: variable("HOLDFAST_POSTGRES_LISTEN_URL", listenUrl, Option.none<Redacted.Redacted | false>()),
  concurrency: variable("HOLDFAST_CONCURRENCY", count(Concurrency), 10),
  queues: variable("HOLDFAST_QUEUES", queues, Option.none<Queues>()),
  pollInterval: variable("HOLDFAST_POLL_INTERVAL", span(TimerSpan), Duration.seconds(5)),
  heartbeatInterval: variable("HOLDFAST_HEARTBEAT_INTERVAL", span(TimerSpan), Duration.seconds(30)),
  leaseFor: variable("HOLDFAST_LEASE_DURATION", span(TimerSpan), Duration.minutes(10)),
  stallLimit: variable("HOLDFAST_STALL_LIMIT", span(TimerSpan), Duration.minutes(5)),
  staleCheckInterval: variable("HOLDFAST_STALE_CHECK_INTERVAL", span(TimerSpan), Duration.minutes(1)),
  shutdownGrace: variable("HOLDFAST_SHUTDOWN_GRACE", span(Grace), Duration.seconds(25)),
  retention: Config.all({
    succeeded: variable("HOLDFAST_RETAIN_SUCCEEDED", retention, Duration.days(7)),
    failed: variable("HOLDFAST_RETAIN_FAILED", retention, Duration.days(30)),
    cancelled: variable("HOLDFAST_RETAIN_CANCELLED", retention, Duration.days(30))
  }),
  logFormat,
  logLevel: variable("HOLDFAST_LOG_LEVEL", logLevel, LogLevel.All),
  logErrors: variable("HOLDFAST_LOG_ERRORS", yesOrNo, false)
})

/** The settings as they were read. */
export type Settings = Config.Config.Success<typeof settings>
