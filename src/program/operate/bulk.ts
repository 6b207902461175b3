import * as Prompt from "@effect/cli/Prompt"
import { Console, Effect, Schema, Stream } from "effect"
import { answer } from "../../cli/answer.ts"
import { refuse } from "../../cli/commandLine.ts"
import { jobLines } from "../../cli/jobLines.ts"
import { queueToChange, queueToRead } from "../../cli/openQueue.ts"
import { counted, progressBar } from "../../cli/progressBar.ts"
import { oneLine } from "../../cli/readable.ts"
import { sentenceOf } from "../../cli/report.ts"
import type { Streams } from "../../cli/Streams.ts"
import type { JobAction } from "../../domain/JobAction.ts"
import { changedBy, statusesOf } from "../../domain/JobAction.ts"
import type { BulkOptions, Count, JobFate, JobFilter, RetryOptions } from "../../index.ts"
import { JobQueue } from "../../index.ts"
import type { FilterFlags } from "./jobs.ts"
import { cancelWords, deleteWords, filterOf, SomeFailed, verbs } from "./jobs.ts"

/** The jobs of a command: those of some ids, or of a filter. */
export interface Chosen extends FilterFlags {
  readonly ids: ReadonlyArray<string>
  /** Every job that the action can change. */
  readonly all: boolean
  /** Do not ask. */
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/** The question before an action, without its question mark, such as "Cancel 12 jobs". */
const questionOf: Readonly<Record<JobAction, (jobs: string) => string>> = {
  cancel: (jobs) => `Cancel ${jobs}`,
  retry: (jobs) => `Retry ${jobs}`,
  "run-now": (jobs) => `Make ${jobs} due now`,
  delete: (jobs) => `Delete ${jobs} for good, with their results and errors`
}

/** The most jobs that are counted before they are changed. */
const mostCounted = 100_000

/** Nobody said yes. Nothing was changed. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()("NotConfirmed", { message: Schema.String }) {}

/**
 * Does `one` to the jobs that ids name, or the action to those of a filter: counts them, asks on a terminal unless it is told
 * not to, and prints the fate of each.
 */
export const change = <E, R>(
  action: JobAction,
  chosen: Chosen,
  due: Omit<RetryOptions, "partitionKey">,
  streams: Streams,
  byIds: Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const filter = filterOf(chosen)
    const isFiltered = Object.keys(filter).length > 0 || chosen.all
    if (due.at !== undefined && due.delay !== undefined) return yield* refuse("Give --delay or --at, not both")
    if (Object.keys(filter).length > 0 && chosen.all) return yield* refuse("Give a filter or --all, not both")
    if (isFiltered && chosen.ids.length > 0) return yield* refuse("Give ids or a filter, not both")
    const ofFilter = [...chosen.yes ? ["--yes"] : [], ...chosen.dryRun ? ["--dry-run"] : []]
    if (!isFiltered && ofFilter.length > 0) {
      return yield* refuse(`Give a filter or --all with ${ofFilter.join(" and ")}`)
    }
    if (!isFiltered && chosen.ids.length === 0) {
      return yield* refuse("Give one or more <id>, a filter such as --status failed, or --all")
    }
    if (!isFiltered) return yield* byIds
    yield* changeAll(action, filter, chosen, due, streams)
  })

const changeAll = (
  action: JobAction,
  filter: JobFilter,
  { dryRun, json, yes }: Chosen,
  due: Omit<RetryOptions, "partitionKey">,
  streams: Streams
) =>
  Effect.gen(function*() {
    const { doing, done } = verbs[action]
    const { cursor, ...total } = yield* countOf(action, filter).pipe(Effect.provide(queueToRead))
    const jobs = jobsText(total)
    if (dryRun) {
      return yield* answer(json, total, () =>
        `Would ${lowerFirst(questionOf[action](jobs))}: ${filterText(action, filter)}`)
    }
    if (total.count === 0 && !total.isMore) {
      return yield* json ? Effect.void : Console.log("No job fits")
    }
    if (!yes) {
      yield* confirm(`${questionOf[action](jobs)} (${filterText(action, filter)})?`, json, streams)
    }
    // It begins with the newest job that was counted: more may be enqueued while a person thinks.
    const options: BulkOptions = { action, filter, ...due, ...cursor === null ? {} : { cursor } }
    const { failed, all } = yield* tellEach(options, doing, total, json, streams).pipe(Effect.provide(queueToChange))
    if (failed > 0) {
      return yield* new SomeFailed({ failed, all, done })
    }
  })

const countOf = (action: JobAction, filter: JobFilter) =>
  Effect.flatMap(
    changedBy(action, filter.status),
    (status) => JobQueue.count({ ...filter, status }, { limit: mostCounted })
  )

/** Prints the fate of each job as it is known, above a bar on a terminal. */
const tellEach = (options: BulkOptions, doing: string, total: Count, json: boolean, streams: Streams) =>
  Effect.suspend(() => {
    const { line, show } = jobLines(streams)
    let all = 0
    let failed = 0
    const tell = (fate: JobFate) =>
      Effect.suspend(() => {
        all += 1
        // Somebody else changed the job first. That is no failure of the command.
        if (fate._tag === "NotDone" && fate.error._tag !== "JobNotMatching") failed += 1
        const text = json
          ? JSON.stringify(fieldsOf(options.action, fate))
          : oneLine(`${fate.jobId}  ${wordsOf(options.action, fate)}`)
        return line(text)
      })
    return Stream.runForEachChunk(JobQueue.bulk(options), (fates) =>
      Effect.zipRight(
        Effect.forEach(fates, tell, { discard: true }),
        show(progressBar(doing, all, Math.max(all, total.count)))
      )).pipe(
        Effect.map(() => ({ all, failed })),
        Effect.ensuring(show(""))
      )
  })

/** A fate for JSON, as the same action by id has it. */
const fieldsOf = (action: JobAction, fate: JobFate) =>
  fate._tag === "NotDone"
    ? { id: fate.jobId, error: fate.error._tag, message: fate.error.message }
    : action === "delete"
    ? { id: fate.jobId, deleted: fate.status }
    : { id: fate.jobId, status: fate.status }

/** A fate for a person. */
const wordsOf = (action: JobAction, fate: JobFate): string => {
  if (fate._tag === "NotDone") return sentenceOf(fate.error)
  const { status } = fate
  return action === "delete" ? deleteWords(status) : action === "cancel" ? cancelWords(status) : "pending"
}

/** Goes on if a person says yes. Where nobody can be asked, says which flag is missing. */
export const confirm = (
  question: string,
  json: boolean,
  { isAttended }: Pick<Streams, "isAttended">
): Effect.Effect<boolean, NotConfirmed, Prompt.Prompt.Environment> =>
  !isAttended || json
    ? new NotConfirmed({ message: `${question} Nobody can be asked here, so nothing was changed; add --yes` })
    : Prompt.run(Prompt.confirm({ message: oneLine(question) })).pipe(
      // Ctrl-C.
      Effect.catchTag("QuitException", () => Effect.interrupt),
      Effect.filterOrFail((isYes) => isYes, () => new NotConfirmed({ message: "Nothing was changed" }))
    )

const jobsText = ({ count, isMore }: Count): string =>
  count === 0 && isMore
    ? "the jobs that fit, of which none was found so far"
    : `${counted(count)}${isMore ? "+" : ""} ${count === 1 && !isMore ? "job" : "jobs"}`

/** A filter as its flags, with the statuses that an action is for where none was given. */
const filterText = (action: JobAction, filter: JobFilter): string => {
  const { error, kind, partitionKey, queue, status, uniqueKey } = filter
  const fields = {
    status: status === undefined ? statusesOf[action].join(" or ") : [status].flat().join(" or "),
    kind,
    queue,
    partition: partitionKey,
    "unique key": uniqueKey,
    error
  }
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${name === "status" ? value : JSON.stringify(value)}`]
    )
    .join(", ")
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
