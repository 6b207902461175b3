import { Clock, Console, Effect, Option, Predicate, Schema } from "effect"
import { answer, jsonText, roomOn } from "../../cli/answer.ts"
import { describeJob, jobColumns } from "../../cli/describeJob.ts"
import { queueToChange, queueToRead } from "../../cli/openQueue.ts"
import { oneLine } from "../../cli/readable.ts"
import { jobLines } from "../../cli/jobLines.ts"
import { progressBar } from "../../cli/progressBar.ts"
import { sentenceOf } from "../../cli/report.ts"
import type { Streams } from "../../cli/Streams.ts"
import { table } from "../../cli/table.ts"
import { typedHoldfast } from "../../cli/typed.ts"
import type {
  JobAction,
  JobFilter,
  JobStatus,
  JobSummary,
  ListOptions,
  RetryOptions,
  StoreFailure,
  SummaryPage
} from "../../index.ts"
import { JobQueue } from "../../index.ts"

/** The flags of a filter. */
export interface FilterFlags {
  readonly status: Option.Option<JobStatus>
  readonly kind: Option.Option<string>
  readonly queue: Option.Option<string>
  readonly partition: Option.Option<string>
  readonly uniqueKey: Option.Option<string>
  readonly error: Option.Option<string>
}

/** The flags of a list. */
export interface ListFlags extends FilterFlags {
  readonly limit: Option.Option<number>
  readonly cursor: Option.Option<string>
  readonly json: boolean
}

/** As many as fit on a screen. */
const defaultLimit = 20

/** Prints jobs, newest first, and where the next ones begin. */
export const list = ({ cursor, json, limit, ...flags }: ListFlags, { stdout }: Streams) =>
  Effect.gen(function*() {
    const filter = filterOf(flags)
    const most = Option.getOrElse(limit, () => defaultLimit)
    const page = yield* fullPage({ ...filter, ...given({ cursor }) }, most)
    const now = yield* Clock.currentTimeMillis
    const next = page.cursor === null ? undefined : yield* nextLine(page.cursor, most, filter)
    yield* answer(json, page, () => {
      const none = next === undefined ? "No jobs" : "No jobs among the rows that were looked at"
      const jobs = page.jobs.length === 0 ? none : table(page.jobs, jobColumns(now), roomOn(stdout))
      return next === undefined ? jobs : `${jobs}\n\nMore: ${next}`
    })
  }).pipe(Effect.provide(queueToRead))

/** Prints one job. */
export const show = (id: string, json: boolean, { stdout }: Streams) =>
  Effect.gen(function*() {
    const job = yield* JobQueue.get(id)
    const now = yield* Clock.currentTimeMillis
    yield* answer(json, job, () => describeJob(job, now, roomOn(stdout)))
  }).pipe(Effect.provide(queueToRead))

/** An action in words. */
interface Verbs {
  /** As it happens, for the terminal's progress bar. */
  readonly doing: string
  /** As done, for the error. */
  readonly done: string
}

export const verbs: Readonly<Record<JobAction, Verbs>> = {
  cancel: { doing: "Cancelling", done: "cancelled" },
  retry: { doing: "Making due", done: "made due" },
  "run-now": { doing: "Making due", done: "made due" },
  delete: { doing: "Deleting", done: "deleted" }
}

/** The outcome of a cancel, by the status that the job has now. */
export const cancelWords = (status: JobStatus): string =>
  status === "cancelled"
    ? "cancelled"
    : status === "running"
    ? "running; its worker has been asked to stop it"
    : `had already ${status}`

/** The outcome of a deletion, by the status that the job had. */
export const deleteWords = (status: JobStatus): string => `deleted; it was ${status}`

/** Cancels each job, and prints what became of it. One that has ended stays as it is, which is not a failure. */
export const cancel = (ids: ReadonlyArray<string>, json: boolean, streams: Streams) =>
  forEachId(
    { ids, json, streams, ...verbs.cancel },
    (id) =>
      Effect.map(JobQueue.cancel(id), (status) => ({
        fields: { status },
        words: cancelWords(status)
      }))
  )

/** Makes each job pending again, due now or at another instant, and prints what became of it. */
export const retry = (ids: ReadonlyArray<string>, json: boolean, streams: Streams, due: RetryOptions = {}) =>
  forEachId(
    { ids, json, streams, ...verbs.retry },
    (id) =>
      Effect.as(JobQueue.retry(id, due), {
        fields: { status: "pending" },
        words: due.at === undefined && due.delay === undefined ? "pending, due now" : "pending, due later"
      })
  )

/** Makes each pending job due now, also one that waits for its next attempt, and prints what became of it. */
export const runNow = (ids: ReadonlyArray<string>, json: boolean, streams: Streams) =>
  forEachId(
    { ids, json, streams, ...verbs["run-now"] },
    (id) => Effect.as(JobQueue.edit(id, { delay: 0 }), { fields: { status: "pending" }, words: "pending, due now" })
  )

/** Deletes each job that does not run, and prints what it was. */
export const remove = (ids: ReadonlyArray<string>, json: boolean, streams: Streams) =>
  forEachId(
    { ids, json, streams, ...verbs.delete },
    (id) => Effect.map(JobQueue.delete(id), (status) => ({ fields: { deleted: status }, words: deleteWords(status) }))
  )

/** Some of several jobs were not changed. Those that were stay so. */
export class SomeFailed extends Schema.TaggedError<SomeFailed>()("SomeFailed", {
  failed: Schema.Number,
  all: Schema.Number,
  done: Schema.String
}) {
  override get message() {
    const were = this.failed === 1 ? "was" : "were"
    return `${this.failed} of ${this.all} jobs ${were} not ${this.done}; standard output says why`
  }
}

interface Done {
  /** For JSON. */
  readonly fields: Readonly<Record<string, unknown>>
  /** For a person. */
  readonly words: string
}

interface Asked extends Verbs {
  readonly ids: ReadonlyArray<string>
  readonly json: boolean
  readonly streams: Streams
}

/**
 * Does something to each job in the order given and answers for each, also where it
 * was not done. Once the store fails, the others are not tried: each would wait for
 * it as long. A terminal has a bar below the answers while several are changed.
 */
const forEachId = <E extends { readonly _tag: string }>(
  { doing, done, ids: given, json, streams }: Asked,
  change: (id: string) => Effect.Effect<Done, E | StoreFailure, JobQueue>
) =>
  Effect.gen(function*() {
    const ids = [...new Set(given)]
    const { line, show } = jobLines(streams)
    const answers: Array<Readonly<Record<string, unknown>>> = []
    const failures: Array<E | StoreFailure> = []
    let stopped = false
    for (const [index, id] of ids.entries()) {
      if (ids.length > 1) yield* show(progressBar(doing, index, ids.length))
      const tried = stopped ? undefined : yield* Effect.either(change(id))
      const failure = tried?._tag === "Left" ? tried.left : undefined
      if (failure !== undefined) failures.push(failure)
      if (failure !== undefined && isOfStore(failure)) stopped = true
      const words = tried === undefined
        ? "not tried, since the job store has failed"
        : tried._tag === "Left"
        ? sentenceOf(tried.left)
        : tried.right.words
      answers.push(
        tried?._tag === "Right"
          ? { id, ...tried.right.fields }
          : { id, error: failure?._tag ?? "NotTried", message: words }
      )
      // The error of a single job is reported as the command's.
      if (!json && (tried?._tag === "Right" || ids.length > 1)) yield* line(oneLine(`${id}  ${words}`))
    }
    yield* show("")
    if (json) yield* Console.log(jsonText(answers))
    const [first] = failures
    if (first === undefined) return
    if (ids.length === 1) return yield* Effect.fail(first)
    const failed = answers.filter(({ error }) => error !== undefined).length
    return yield* new SomeFailed({ failed, all: ids.length, done })
  }).pipe(Effect.ensuring(jobLines(streams).show("")), Effect.provide(queueToChange))

const isOfStore = Predicate.or(Predicate.isTagged("StoreError"), Predicate.isTagged("ForeignTransaction"))

/** The options that were given. */
const given = <A>(options: { readonly [K in keyof A]: Option.Option<A[K]> }): Partial<A> =>
  Object.fromEntries(
    Object.entries<Option.Option<unknown>>(options).flatMap(([name, value]) =>
      Option.match(value, { onNone: () => [], onSome: (value) => [[name, value]] })
    )
  ) as Partial<A>

/** The flags of a filter that were given. */
export const filterOf = ({ error, kind, partition, queue, status, uniqueKey }: FilterFlags): JobFilter =>
  given({ status, kind, queue, partitionKey: partition, uniqueKey, error })

/** Pages in a row without a job, after which a list ends: some 100,000 rows, or 20,000 whose errors were searched. */
const mostEmptyPages = 20

/**
 * Searches until it has as many jobs as were asked for. If many rows have none that fits, it ends early with a cursor: a
 * person would otherwise wait for the whole table.
 */
const fullPage = (options: ListOptions, most: number) =>
  Effect.gen(function*() {
    const jobs: Array<JobSummary> = []
    let page: SummaryPage = { jobs, cursor: options.cursor ?? null }
    let empty = 0
    do {
      page = yield* JobQueue.search({
        ...options,
        ...(page.cursor === null ? {} : { cursor: page.cursor }),
        limit: most - jobs.length
      })
      jobs.push(...page.jobs)
      empty = page.jobs.length === 0 ? empty + 1 : 0
    } while (jobs.length < most && page.cursor !== null && empty < mostEmptyPages)
    return { jobs, cursor: page.cursor }
  })

/** The line that a person types to see the jobs that follow. */
const nextLine = (
  cursor: string,
  limit: number,
  { error, kind, partitionKey, queue, status, uniqueKey }: ListOptions
) =>
  typedHoldfast(
    "jobs",
    "list",
    ...Object.entries({ status, kind, queue, partition: partitionKey, "unique-key": uniqueKey, error, limit, cursor })
      .flatMap(([name, value]) => value === undefined ? [] : [`--${name}`, inShell(String(value))])
  )

/** As bash and zsh read it. */
const inShell = (text: string) => {
  if (/^[\w.:@/+-]+$/.test(text)) return text
  const shown = oneLine(text)
  return shown === text
    ? `'${text.replaceAll("'", "'\\''")}'`
    : `$'${oneLine(text.replaceAll("\\", "\\\\").replaceAll("'", "\\'"))}'`
}
