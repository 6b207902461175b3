import * as fc from "fast-check"
import type { Row } from "../../../src/store/copy/Table.ts"
import { sampleJob } from "./sampleJobs.ts"

/** A text that both databases hold. */
const text = fc.string({ unit: "grapheme", maxLength: 12 }).map((given) => given.replaceAll("\0", "0"))
const name = text.filter((given) => given !== "")
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const instant = fc.integer({ min: -200_000_000_000_000, max: 4_000_000_000_000_000 })
const maybe = <A extends string | number>(one: fc.Arbitrary<A>) => fc.option(one, { nil: null })

/** JSON that both databases hold, spelt in more ways than JSON.stringify has. */
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" })
    .map((value) => JSON.stringify(value).replace(/\\u0000/g, "")),
  fc.constantFrom(
    "1.0",
    "-0",
    "1e2",
    "123456789012345678901234567890",
    "{\"b\":1,\"a\":2,\"b\":3}",
    " [ ] ",
    "\"\\u00e9\\/\""
  )
)

/** A job that satisfies the rules of the table: of any status, with any values that go with it. */
export const anyJob: fc.Arbitrary<Row> = fc.record({
  id: fc.uuid(),
  status: fc.constantFrom("waiting", "pending", "running", "succeeded", "failed", "cancelled"),
  texts: fc.record({
    queue: name,
    kind: name,
    partition_key: maybe(name),
    limit_key: maybe(name),
    trace_context: maybe(text)
  }),
  values: fc.record({ payload: json, first_payload: maybe(json), progress: maybe(json), errors: json }),
  error: fc.option(fc.record({ last_error: text, last_error_value: maybe(json) }), { nil: undefined }),
  key: fc.option(
    fc.record({
      unique_key: name,
      unique_scope: fc.constantFrom("pending", "unfinished"),
      holds_key: fc.constantFrom(0, 1)
    }),
    { nil: undefined }
  ),
  counts: fc.record({ attempts: int32, failures: int32, max_attempts: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }),
  priority: fc.integer({ min: -1000, max: 1000 }),
  instants: fc.record({ available_at: instant, created_at: instant, updated_at: instant }),
  locked_by: name,
  ended: instant,
  result: json,
  last: fc.option(
    fc.record({
      settled_attempt: int32,
      settled_by: text,
      settled_as: fc.constantFrom("complete", "fail", "release"),
      settled_to: fc.constantFrom("pending", "succeeded", "failed", "cancelled")
    }),
    { nil: undefined }
  ),
  cancel: maybe(instant)
}).map(
  ({ cancel, counts, ended, error, id, instants, key, last, locked_by, priority, result, status, texts, values }) => {
    const isRunning = status === "running"
    const isFinished = ["succeeded", "failed", "cancelled"].includes(status)
    const mayHold = ["waiting", "pending"].includes(status) || (isRunning && key?.unique_scope === "unfinished")
    const attempts = isRunning ? Math.max(1, counts.attempts) : counts.attempts
    return sampleJob({
      id,
      status,
      priority,
      ...texts,
      ...values,
      ...instants,
      ...(error ?? (status === "failed" ? { last_error: "" } : {})),
      // The number of the row keeps keys that are held apart.
      ...(key === undefined
        ? {}
        : { ...key, unique_key: `${key.unique_key} ${id}`, holds_key: mayHold ? key.holds_key : 0 }),
      ...counts,
      attempts,
      failures: Math.min(counts.failures, isRunning ? attempts - 1 : attempts),
      // Long ago, so that no lease is still held.
      ...(isRunning ? { locked_at: -1, locked_by, locked_until: Math.min(ended, 0) } : {}),
      ...(isFinished ? { finished_at: ended } : {}),
      ...(status === "succeeded" ? { result } : {}),
      ...(last === undefined || attempts === 0
        ? {}
        : { ...last, settled_attempt: Math.max(1, last.settled_attempt % attempts) }),
      cancel_requested_at: ["running", "succeeded", "cancelled"].includes(status) ? cancel : null
    })
  }
)
