import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as define from "../src/define.ts"
import * as http from "../src/http.ts"
import * as index from "../src/index.ts"
import * as postgres from "../src/postgres.ts"
import * as sqlite from "../src/sqlite.ts"
import * as store from "../src/store.ts"
import * as telemetry from "../src/telemetry.ts"
import * as testing from "../src/testing.ts"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../src/${path}`, import.meta.url)), "utf8")

/** The names that a module shows, types as "type Name", as far as its own text tells. */
const namesIn = (path: string): ReadonlyArray<string> => {
  const code = read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
  const lists = [...code.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type = "", names = ""]) =>
    names.split(",").map((name) => name.trim()).filter((name) => name !== "").map((name) => `${type}${name}`)
  )
  const spaces = [...code.matchAll(/^export \* as (\w+)/gm)].map(([, name = ""]) => name)
  const declared = [...code.matchAll(/^export (interface|type|const|class|function) (\w+)/gm)].map((
    [, kind = "", name]
  ) => kind === "interface" || kind === "type" ? `type ${name}` : String(name))
  return [...lists, ...spaces, ...declared].toSorted()
}

/** What a module of JavaScript gives. */
const valuesOf = (module: object) => Object.keys(module).toSorted()

const values = (names: ReadonlyArray<string>) => names.filter((name) => !name.startsWith("type "))

/** Every name that users see. A change of these is a change of the API. */
const names = {
  "define.ts": [
    "CurrentJob",
    "ForeignTransaction",
    "InvalidJob",
    "InvalidOption",
    "Job",
    "JobId",
    "LeaseLost",
    "NeverRetry",
    "Snooze",
    "StoreError",
    "defaultBackoff",
    "neverRetry",
    "snooze",
    "type Backoff",
    "type Verdict"
  ],
  "http.ts": [
    "Forbidden",
    "HoldfastApi",
    "Unauthorized",
    "client",
    "layer",
    "make",
    "type Access",
    "type Authorize",
    "type HoldfastHttp",
    "type Options",
    "type Tokens"
  ],
  "index.ts": [
    "ClaimMark",
    "CurrentJob",
    "EventLoop",
    "ForeignTransaction",
    "HeldLeases",
    "Ids",
    "InvalidJob",
    "InvalidOption",
    "Job",
    "JobAction",
    "JobEvent",
    "JobFailure",
    "JobFate",
    "JobId",
    "JobIdConflict",
    "JobNotFound",
    "JobNotMatching",
    "JobNotPending",
    "JobNotRetryable",
    "JobQueue",
    "JobRecord",
    "JobRunning",
    "JobStatus",
    "JobStore",
    "JobSummary",
    "Lease",
    "LeaseLost",
    "LoopDelay",
    "NeverRetry",
    "OnConflict",
    "Reason",
    "Snooze",
    "StoreError",
    "StoreErrorReason",
    "UniqueKeyTaken",
    "UniqueScope",
    "Worker",
    "defaultBackoff",
    "handleSignals",
    "metrics",
    "neverRetry",
    "reasonText",
    "snooze",
    "type AttemptEnd",
    "type AttemptFacts",
    "type Backoff",
    "type BulkOptions",
    "type ClaimOptions",
    "type ClaimedJob",
    "type Count",
    "type CountOptions",
    "type DueJob",
    "type EditOptions",
    "type Enqueue",
    "type EnqueueMany",
    "type EnqueueOptions",
    "type Enqueued",
    "type Explanation",
    "type FailOptions",
    "type FailedWith",
    "type FatePage",
    "type InPartition",
    "type JobCount",
    "type JobFilter",
    "type JobQueueService",
    "type LaneStats",
    "type ListOptions",
    "type NotDone",
    "type Page",
    "type Pause",
    "type PauseOptions",
    "type PauseTarget",
    "type RetryOptions",
    "type SettledEnd",
    "type SignalOptions",
    "type Stats",
    "type StatsOptions",
    "type StoreFailure",
    "type SummaryPage",
    "type Verdict",
    "type WorkerQueue",
    "type WorkerRecord"
  ],
  "postgres.ts": ["PostgresJobStore", "PostgresStore"],
  "sqlite.ts": ["SqlJobStore", "SqliteStore"],
  "store.ts": ["Store"],
  "telemetry.ts": ["Gauges", "metricsContentType", "metricsText"],
  "testing.ts": [
    "JobNotRunning",
    "NotEnqueued",
    "PromiseBroken",
    "StillDue",
    "StillRunning",
    "StoreFaults",
    "UnexpectedlyEnqueued",
    "advance",
    "answerLost",
    "answeredAfter",
    "assertEnqueued",
    "assertNotEnqueued",
    "dying",
    "enqueued",
    "failing",
    "hanging",
    "layer",
    "layerMemory",
    "layerPostgres",
    "perform",
    "runAll",
    "runDue",
    "storePromises",
    "takeLeaseAway",
    "type Attempted",
    "type Broken",
    "type Circumstances",
    "type EnqueuedJob",
    "type ExpectedOptions",
    "type ExpectedPayload",
    "type Fault",
    "type PostgresTestOptions",
    "type RunFailure",
    "type RunOptions",
    "type StoreOperation",
    "type StorePromise",
    "type UnreadableJobs"
  ],
  "public/Job.ts": [
    "make",
    "type Any",
    "type Handler",
    "type HandlerOf",
    "type HandlerSource",
    "type Job",
    "type NoPayload",
    "type Options",
    "type Payload",
    "type PayloadSchema",
    "type WithoutPayload"
  ],
  "public/Store.ts": ["fromUrl", "type Options", "type PostgresOptions", "type SqliteOptions"],
  "public/Worker.ts": [
    "check",
    "events",
    "layer",
    "run",
    "type LayerOptions",
    "type Limits",
    "type Options",
    "type QueueOptions",
    "type Requirements"
  ]
}

describe("an entry shows these names and no others", () => {
  for (const [path, expected] of Object.entries(names)) {
    it(path, () => assert.deepStrictEqual(namesIn(path), expected.toSorted()))
  }

  it("and what JavaScript sees is the same, of entries and of their namespaces", () => {
    assert.deepStrictEqual(valuesOf(define), values(names["define.ts"]).toSorted())
    assert.deepStrictEqual(valuesOf(index), values(names["index.ts"]).toSorted())
    assert.deepStrictEqual(valuesOf(http), values(names["http.ts"]).toSorted())
    assert.deepStrictEqual(valuesOf(sqlite), ["SqlJobStore", "SqliteStore"])
    assert.deepStrictEqual(valuesOf(testing), values(names["testing.ts"]).toSorted())
    assert.deepStrictEqual(valuesOf(telemetry), names["telemetry.ts"])
    assert.deepStrictEqual(valuesOf(index.Job), ["make"])
    assert.deepStrictEqual(valuesOf(index.Worker), ["check", "events", "layer", "run"])
    assert.deepStrictEqual(valuesOf(postgres), ["PostgresJobStore", "PostgresStore"])
    assert.deepStrictEqual(valuesOf(postgres.PostgresStore), ["layer"])
    assert.deepStrictEqual(valuesOf(postgres.PostgresJobStore), ["layer"])
    assert.deepStrictEqual(valuesOf(store), ["Store"])
    assert.deepStrictEqual(valuesOf(store.Store), ["fromUrl"])
    assert.deepStrictEqual(valuesOf(sqlite.SqliteStore), ["layer"])
    assert.deepStrictEqual(valuesOf(sqlite.SqlJobStore), ["layer"])
  })

  it("JobQueue has one function for each method, its layer, and what every tag has", () => {
    const ofATag = new Set(["_op", "context", "key", "of", "stack"])
    assert.deepStrictEqual(
      Object.keys(index.JobQueue).filter((name) => !ofATag.has(name)).toSorted(),
      [
        "bulk",
        "bulkPage",
        "cancel",
        "claim",
        "complete",
        "count",
        "delete",
        "due",
        "edit",
        "enqueue",
        "enqueueMany",
        "events",
        "explain",
        "extendLock",
        "fail",
        "get",
        "layer",
        "list",
        "pause",
        "pauses",
        "progress",
        "releaseStale",
        "resume",
        "retry",
        "search",
        "stats",
        "workers"
      ]
    )
  })
})

it("there is one copy of what a definition is made of: the tags, errors and verdicts of two entries are the same", () => {
  const { Job, ...shared } = define
  assert.strictEqual(Job.make, index.Job.make)
  for (const [name, value] of Object.entries(shared)) {
    assert.strictEqual(value, (index as Readonly<Record<string, unknown>>)[name], name)
  }
})
