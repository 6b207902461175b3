import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { ParseResult, Schema } from "effect"
import { JobAction } from "../../domain/JobAction.ts"
import { JobStatus } from "../../domain/JobRecord.ts"
import { Name, Priority, SearchText } from "../../domain/limits.ts"
import { Segment } from "../../web/segment.ts"

/** The requests of the API. Bounds keep a request from costing more than it is worth. */

export const jobParam = HttpApiSchema.param("id", Segment)
export const scopeParam = HttpApiSchema.param("scope", Schema.Literal("queue", "kind"))
export const nameParam = HttpApiSchema.param("name", Schema.compose(Segment, Name))

/** A whole number in digits, as a query has it. */
const wholeNumber = (least: number, most: number) =>
  Schema.transformOrFail(Schema.String, Schema.Int, {
    strict: true,
    decode: (text, _, ast) =>
      /^\d{1,16}$/.test(text) && Number(text) >= least && Number(text) <= most
        ? ParseResult.succeed(Number(text))
        : ParseResult.fail(
          new ParseResult.Type(
            ast,
            text,
            `expected a whole number from ${least} to ${most}, got ${JSON.stringify(text.slice(0, 100))}`
          )
        ),
    encode: (number) => ParseResult.succeed(String(number))
  })

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** An unknown parameter is refused, since it may be misspelt: a list would show all jobs instead. */
const asQuery = { errors: "all", onExcessProperty: "error" } as const

/** The members of a filter: a job fits if it fits all. */
const filterFields = {
  status: optional(JobStatus),
  kind: optional(Name),
  queue: optional(Name),
  partition: optional(Name),
  /** The whole key, also of a job that does not hold it any more. */
  uniqueKey: optional(Name),
  /** A part of the last error, in any case of ASCII letters. */
  error: optional(SearchText)
}

/** A filter for jobs, and the place where the page begins. */
export const ListJobs = Schema.Struct({
  ...filterFields,
  /** The `cursor` of the page before. */
  cursor: optional(Schema.String.pipe(Schema.maxLength(1000))),
  limit: optional(wholeNumber(1, 100))
}).annotations({ parseOptions: asQuery })

/** A filter for jobs to count. */
export const CountJobs = Schema.Struct({
  ...filterFields,
  /** Without a status, only those that this action can change. */
  action: optional(JobAction),
  /** The jobs at which the count stops. 10,000 unless given. */
  limit: optional(wholeNumber(1, 100_000))
}).annotations({ parseOptions: asQuery })

/** Longer ago than finished jobs are kept, and a span that every database can subtract. */
const longestOver = 30 * 24 * 60 * 60 * 1000

/** The milliseconds, ending now, in which finished jobs are counted. 5 minutes unless given. */
export const StatsOver = Schema.Struct({ over: optional(wholeNumber(1, longestOver)) }).annotations({
  parseOptions: asQuery
})

/** The id of the last event that was read, to go on from there. */
export const EventsAfter = Schema.Struct({ after: optional(Schema.String.pipe(Schema.maxLength(100))) }).annotations({
  parseOptions: asQuery
})
export const EventsHeaders = Schema.Struct({
  "last-event-id": optional(Schema.String.pipe(Schema.maxLength(100)))
})

/** The last instant of a JavaScript Date. */
const lastInstant = 8_640_000_000_000_000

const Instant = Schema.Int.pipe(Schema.between(0, lastInstant)).annotations({
  description: "an instant in whole epoch milliseconds"
})

/** Changes to a pending job. Members that are left out stay as they are. */
export const EditJob = Schema.Struct({ availableAt: optional(Instant), priority: optional(Priority) }).pipe(
  Schema.filter(({ availableAt, priority }) =>
    availableAt !== undefined || priority !== undefined ? undefined : "expected availableAt, priority or both"
  )
).annotations({ identifier: "EditJob" })

/** When a job is due that is retried. Now unless given. */
export const RetryJob = Schema.Struct({ availableAt: optional(Instant) }).annotations({ identifier: "RetryJob" })

/** The jobs of an action: what a filter has at least, so that nobody changes every job by leaving it out. */
export const ActionFilter = Schema.Struct({
  ...filterFields,
  /** Every job that the action can change. Not with other members. */
  all: optional(Schema.Literal(true))
}).pipe(
  Schema.filter(({ all, ...others }) => {
    const named = Object.keys(others).length
    if (all === true && named > 0) return "expected all, or other members, and not both"
    return all === true || named > 0
      ? undefined
      : "expected one or more members; { \"all\": true } is every job that the action can change"
  })
).annotations({ identifier: "ActionFilter" })
export type ActionFilter = typeof ActionFilter.Type

/** One action for several jobs: those of the ids, or the next ones of a filter. */
export const ActOnJobs = Schema.Struct({
  action: JobAction,
  ids: optional(
    Schema.Array(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(255))).pipe(
      Schema.minItems(1),
      Schema.maxItems(100)
    )
  ),
  filter: optional(ActionFilter),
  /** Of a filter: the `cursor` of the answer before. */
  cursor: optional(Schema.String.pipe(Schema.maxLength(1000))),
  /** Of a filter: the most jobs that this request changes. 100 unless given. */
  limit: optional(Schema.Int.pipe(Schema.between(1, 100))),
  /** Of a retry: when the jobs are due. Now unless given. */
  availableAt: optional(Instant)
}).pipe(
  Schema.filter(({ action, availableAt, cursor, filter, ids, limit }) => {
    if ((ids === undefined) === (filter === undefined)) return "expected ids or filter, and not both"
    if (ids !== undefined && (cursor !== undefined || limit !== undefined)) return "cursor and limit are for a filter"
    return availableAt !== undefined && action !== "retry" ? "availableAt is for a retry" : undefined
  })
).annotations({ identifier: "ActOnJobs" })

export const PauseBy = Schema.Struct({
  /** Your name or your program's, for others to read. */
  by: optional(Name)
}).annotations({ identifier: "PauseBy" })
