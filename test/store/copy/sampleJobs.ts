import type { Row } from "../../../src/store/copy/Table.ts"

/** An instant of the samples: before the first minute of 2026 has passed. */
const at = 1_767_225_600_123

/** The id of the sample with this number. */
export const sampleId = (number: number) => `01988888-0000-7000-8000-${String(number).padStart(12, "0")}`

const blank: Row = {
  id: sampleId(0),
  queue: "default",
  kind: "mail",
  payload: "{}",
  first_payload: null,
  status: "pending",
  priority: 0,
  partition_key: null,
  unique_key: null,
  unique_scope: null,
  limit_key: null,
  holds_key: 0,
  attempts: 0,
  failures: 0,
  max_attempts: 3,
  available_at: at,
  locked_at: null,
  locked_by: null,
  locked_until: null,
  settled_attempt: null,
  settled_by: null,
  settled_as: null,
  settled_to: null,
  cancel_requested_at: null,
  progress: null,
  result: null,
  last_error: null,
  last_error_value: null,
  errors: "[]",
  created_at: at,
  updated_at: at + 1,
  finished_at: null,
  trace_context: null
}

/** A pending job with these columns. */
export const sampleJob = (columns: Row): Row => ({ ...blank, ...columns })

const settled = (attempt: number, as: string, to: string) => ({
  attempts: attempt,
  settled_attempt: attempt,
  settled_by: "host:1:aa",
  settled_as: as,
  settled_to: to
})

const failure = JSON.stringify([{ attempt: 1, worker: "host:1:aa", at, message: "full" }])

/** Jobs of every status, which between them have a value in every column. */
export const sampleJobs: ReadonlyArray<Row> = [
  { payload: "{\"b\":1.50,\"a\":{\"z\":[1,2.25e3,null],\"y\":\"\\u00e9\\\\u0000\"},\"b\":2}", priority: -1000 },
  {
    payload: "[\"a\",\"\u{1f600}\",-0.0,12345678901234567890]",
    first_payload: "\"the first\"",
    unique_key: "k",
    unique_scope: "pending",
    holds_key: 1,
    partition_key: "p",
    limit_key: "l",
    trace_context: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  },
  { status: "waiting", unique_key: "w", unique_scope: "unfinished", holds_key: 1, available_at: at + 86_400_000 },
  // Running until 1970, as a job of a worker that died.
  {
    status: "running",
    ...settled(2, "release", "pending"),
    attempts: 3,
    failures: 1,
    locked_at: 1000,
    locked_by: "host:1:aa",
    locked_until: 31_000,
    progress: "{\"done\":3}",
    last_error: "full",
    last_error_value: "{\"_tag\":\"Full\"}",
    errors: failure,
    cancel_requested_at: at + 5
  },
  {
    status: "running",
    attempts: 1,
    locked_at: 1001,
    locked_by: "host:2:bb",
    locked_until: 31_001,
    unique_key: "u",
    unique_scope: "unfinished",
    holds_key: 1
  },
  { status: "succeeded", ...settled(1, "complete", "succeeded"), result: "null", finished_at: at + 7, kind: "report" },
  {
    status: "succeeded",
    ...settled(9, "complete", "succeeded"),
    result: "{\"n\":0.1}",
    finished_at: at,
    queue: "\u00e9"
  },
  {
    status: "failed",
    ...settled(3, "fail", "failed"),
    failures: 3,
    last_error: "Stack\n  at \"a\"",
    errors: failure,
    finished_at: at + 9,
    unique_key: "k",
    unique_scope: "pending"
  },
  { status: "cancelled", finished_at: at - 1, cancel_requested_at: at - 2, max_attempts: 2_147_483_647 },
  { payload: "true", priority: 1000, attempts: 2_147_483_646, failures: 2, max_attempts: 7, available_at: -5 }
].map((columns, index) => sampleJob({ id: sampleId(index + 1), ...columns }))
