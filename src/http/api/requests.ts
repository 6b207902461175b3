import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { ParseResult, Schema } from "effect"
import { JobStatus } from "../../domain/JobRecord.ts"
import { Name, Priority } from "../../domain/limits.ts"
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

/** A filter for jobs, and the place where the page begins. */
export const ListJobs = Schema.Struct({
  status: optional(JobStatus),
  kind: optional(Name),
  queue: optional(Name),
  partition: optional(Name),
  /** The `cursor` of the page before. */
  cursor: optional(Schema.String.pipe(Schema.maxLength(1000))),
  limit: optional(wholeNumber(1, 100))
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

export const JobAction = Schema.Literal("cancel", "retry", "run-now", "delete")
export type JobAction = typeof JobAction.Type

/** One action for several jobs. */
export const ActOnJobs = Schema.Struct({
  action: JobAction,
  ids: Schema.Array(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(255))).pipe(
    Schema.minItems(1),
    Schema.maxItems(100)
  )
}).annotations({ identifier: "ActOnJobs" })

export const PauseBy = Schema.Struct({
  /** Your name or your program's, for others to read. */
  by: optional(Name)
}).annotations({ identifier: "PauseBy" })
