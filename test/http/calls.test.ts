import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import type { Layer, Scope } from "effect"
import { Duration, Effect, Fiber, Redacted, TestClock } from "effect"
import { bodyLimit } from "../../src/http/handlers/readBody.ts"
import { JobQueue, JobStore, Worker } from "../../src/index.ts"
import { workerBeat } from "../../src/testing/conformance/StoreUnderTest.ts"
import { answeredAfter, failing, layerMemory, StoreFaults } from "../../src/testing.ts"
import { Mail, MailLive } from "./jobs.ts"
import { serving, tokens } from "./serving.ts"
import type { Asked } from "./serving.ts"

const full = { token: tokens.full }

/** Runs what is due. */
const work = Effect.provide(Worker.run({ jobs: [Mail], once: true }), MailLive)

/** A job that has failed for good. */
const failed = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Mail, { to: "nobody" }, { maxAttempts: 1 })
  yield* work
  return id
})

/** A job that runs, by hand. */
const running = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { priority: 1000 })
  yield* JobQueue.claim({ jobs: [Mail], leaseFor: "10 minutes" })
  return id
})

const unknown = "00000000-0000-7000-8000-000000000000"

/** Lets sockets have their turn. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const test = <A, E>(name: string, effect: Effect.Effect<A, E, Layer.Layer.Success<typeof layerMemory> | Scope.Scope>) =>
  it.scoped(name, () => Effect.provide(effect, layerMemory))

describe("a list of jobs", () => {
  test(
    "is newest first, filtered, and in pages that end with null",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const ids: Array<string> = []
      for (const [queue, partitionKey] of [["default", "a"], ["mail", "a"], ["mail", "b"]] as const) {
        ids.unshift((yield* JobQueue.enqueue(Mail, { to: "ada" }, { queue, partitionKey })).id)
      }
      const idsOf = (query: string) =>
        Effect.map(
          ask("GET", `/jobs${query}`, full),
          ({ body, status }) => {
            assert.strictEqual(status, 200)
            return (body as { jobs: ReadonlyArray<{ id: string }> }).jobs.map(({ id }) => id)
          }
        )
      assert.deepStrictEqual(yield* idsOf(""), ids)
      assert.deepStrictEqual(yield* idsOf("?queue=mail"), ids.slice(0, 2))
      assert.deepStrictEqual(yield* idsOf("?queue=mail&partition=a"), ids.slice(1, 2))
      assert.deepStrictEqual(yield* idsOf("?status=running"), [])
      assert.deepStrictEqual(yield* idsOf("?kind=mail.send&status=pending"), ids)
      assert.deepStrictEqual(yield* idsOf("?kind=mail.sen"), [])

      const first = (yield* ask("GET", "/jobs?limit=2", full)).body as { jobs: ReadonlyArray<object>; cursor: string }
      assert.strictEqual(first.jobs.length, 2)
      const rest = (yield* ask("GET", `/jobs?limit=2&cursor=${encodeURIComponent(first.cursor)}`, full)).body
      assert.deepInclude(rest, { cursor: null })
      assert.deepInclude((rest as { jobs: ReadonlyArray<object> }).jobs[0], { id: ids[2], queue: "default" })
    })
  )

  test(
    "shows of each what a row of a table needs, and of its error the beginning",
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { uniqueKey: "k", priority: 3 })
      const [job] = yield* JobQueue.claim({ jobs: [Mail], worker: "a-worker" })
      assert(job)
      yield* JobQueue.fail(job.lease, `${"x".repeat(192)}😀 and more`)
      const { ask } = yield* serving()
      const { body } = yield* ask("GET", "/jobs", full)
      const record = yield* JobQueue.get(id)
      assert.deepStrictEqual((body as { jobs: ReadonlyArray<unknown> }).jobs, [{
        id,
        queue: "default",
        kind: "mail.send",
        status: "pending",
        priority: 3,
        partitionKey: null,
        uniqueKey: "k",
        attempts: 1,
        failures: 1,
        maxAttempts: 3,
        availableAt: record.availableAt,
        lockedAt: null,
        lockedBy: null,
        lockedUntil: null,
        cancelRequestedAt: null,
        lastError: record.lastError?.slice(0, 199),
        createdAt: record.createdAt,
        updatedAt: record.updatedAt,
        finishedAt: null
      }])
    })
  )
})

describe("one job", () => {
  test(
    "is shown with all that the store has of it",
    Effect.gen(function*() {
      const id = yield* failed
      const { ask } = yield* serving()
      const { body, status } = yield* ask("GET", `/jobs/${id}`, full)
      assert.strictEqual(status, 200)
      const record = yield* JobQueue.get(id)
      assert.deepStrictEqual(body, { ...JSON.parse(JSON.stringify(record)) as object, hidden: false })
      assert.include(record.lastError, "s3nt1nel")
    })
  )

  for (
    const [how, hidePayloads] of [["always", true], [
      "by the app's own rule",
      ({ kind }: { kind: string }) => kind === "mail.send"
    ]] as const
  ) {
    test(
      `hides its data where it is to, ${how}: payload, progress, result and every text of an error`,
      Effect.gen(function*() {
        const id = yield* failed
        const { id: waits } = yield* JobQueue.enqueue(Mail, { to: "s3nt1nel" })
        const [claimed] = yield* JobQueue.claim({ jobs: [Mail] })
        assert(claimed)
        yield* JobQueue.progress(claimed.lease, "s3nt1nel")
        yield* JobQueue.fail(claimed.lease, "s3nt1nel")
        const { ask } = yield* serving({ hidePayloads })
        for (const path of ["", `/${id}`, `/${waits}`, `/${id}/explanation`, `/${waits}/explanation`]) {
          const { status, text } = yield* ask("GET", `/jobs${path}`, full)
          assert.strictEqual(status, 200)
          assert.notInclude(text, "s3nt1nel")
        }
        const { body } = yield* ask("GET", `/jobs/${id}`, full)
        assert.deepInclude(body, { hidden: true, payload: null, lastError: null, lastErrorValue: null, failures: 1 })
        assert.deepInclude((yield* ask("GET", "/session", full)).body, {
          payloads: hidePayloads !== true,
          searchesErrors: false
        })
      })
    )
  }

  test(
    "with hidden data still shows that a worker vanished, and no error of an app that begins alike",
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { maxAttempts: 3 })
      const { ask } = yield* serving({ hidePayloads: true })
      const shown = Effect.map(ask("GET", `/jobs/${id}`, full), ({ body }) => {
        const { errors, lastError } = body as { lastError: string; errors: ReadonlyArray<{ message: string }> }
        return [lastError, ...errors.map(({ message }) => message)]
      })
      const [claimed] = yield* JobQueue.claim({ jobs: [Mail], worker: "a-worker" })
      assert(claimed)
      yield* JobQueue.fail(claimed.lease, "Released from stale lock (was locked by s3nt1nel)")
      assert.deepStrictEqual(yield* shown, [null, ""] as ReadonlyArray<unknown>)
      const record = yield* JobQueue.get(id)
      yield* TestClock.setTime(record.availableAt)
      yield* JobQueue.claim({ jobs: [Mail], worker: "a-worker", leaseFor: "1 minute" })
      yield* TestClock.adjust("10 minutes")
      yield* work
      const after = yield* JobQueue.get(id)
      const message = after.errors.at(-1)?.message
      assert.match(message ?? "", /^Released from stale lock \(was locked by a-worker since /)
      assert.deepInclude(yield* shown, message)
    })
  )

  for (const hidePayloads of [true, () => false]) {
    test(
      `searches no text of an error where such texts may be hidden: ${String(hidePayloads)}`,
      Effect.gen(function*() {
        yield* failed
        const { ask } = yield* serving({ hidePayloads })
        for (
          const [method, path, body] of [
            ["GET", "/jobs?error=s3nt1nel"],
            ["GET", "/count?error=s3nt1nel"],
            ["POST", "/jobs/actions", { action: "delete", filter: { error: "s3nt1nel" } }]
          ] as const
        ) {
          const answer = yield* ask(method, path, { ...full, body })
          assert.strictEqual(answer.status, 400, path)
          assert.include(answer.text, "the texts of errors are hidden by this server")
        }
        assert.strictEqual((yield* JobQueue.list()).jobs.length, 1)
      })
    )
  }

  test(
    "hides nothing of a job for which the rule says so",
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { ask } = yield* serving({ hidePayloads: ({ kind }) => kind === "another" })
      assert.deepInclude((yield* ask("GET", `/jobs/${id}`, full)).body, { hidden: false, payload: { to: "ada" } })
    })
  )

  test(
    "is explained, in tags and in words",
    Effect.gen(function*() {
      const id = yield* failed
      const { id: later } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { delay: "1 hour" })
      yield* JobQueue.pause({ kind: "mail.send" }, { by: "ada" })
      const { ask } = yield* serving()
      const finished = (yield* ask("GET", `/jobs/${id}/explanation`, full)).body as {
        reasons: ReadonlyArray<{ _tag: string; text: string; status?: string }>
      }
      assert.deepInclude(finished.reasons[0], { _tag: "Finished", status: "failed" })
      assert.include(finished.reasons[0]?.text, "failed for good")
      const { reasons } = (yield* ask("GET", `/jobs/${later}/explanation`, full)).body as typeof finished
      assert.deepInclude(reasons[0], { _tag: "NotDue" })
      assert.include(reasons[0]?.text, "It is due in 1h")
      assert.deepInclude(reasons[1], { _tag: "Paused" })
      assert.include(reasons[1]?.text, "by ada")
    })
  )
})

describe("the workers", () => {
  test(
    "are listed as they reported, and named where none claims a job",
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* store.beatWorker(workerBeat({ worker: "a", queues: [{ queue: "mail", concurrency: 2 }], running: 1 }))
      yield* store.beatWorker(workerBeat({ worker: "b", kinds: ["mail.send"] }))
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      yield* TestClock.adjust("96 seconds")
      yield* store.beatWorker(workerBeat({ worker: "a", queues: [{ queue: "mail", concurrency: 2 }], running: 1 }))
      const { ask, client } = yield* serving()
      const { isWhole, workers } = (yield* ask("GET", "/workers", full)).body as {
        isWhole: boolean
        workers: ReadonlyArray<object>
      }
      assert.isTrue(isWhole)
      assert.deepStrictEqual(workers, JSON.parse(JSON.stringify(yield* JobQueue.workers)))
      assert.deepInclude(workers[0], {
        worker: "a",
        isLive: true,
        running: 1,
        beatAt: 96_000,
        startedAt: 0,
        queues: [{ queue: "mail", concurrency: 2 }]
      })
      assert.deepInclude(workers[1], { worker: "b", isLive: false, queues: null })
      const api = yield* client(tokens.read)
      assert.deepStrictEqual((yield* api.workers.list()).workers.map(({ worker }) => worker), ["a", "b"])
      const { reasons } = yield* api.jobs.explain({ path: { id } })
      const [reason] = reasons
      assert(reason?._tag === "NoWorker")
      assert.deepStrictEqual([reason.kind, reason.lately?.worker], ["mail.send", "b"])
      assert.include(reason.text, "The last one, b, gave its last sign of life")
    })
  )
})

describe("an action", () => {
  test(
    "cancels a job that waits, and asks a running one to stop",
    Effect.gen(function*() {
      const runs = yield* running
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { ask } = yield* serving()
      assert.deepStrictEqual((yield* ask("POST", `/jobs/${id}/cancel`, full)).body, { status: "cancelled" })
      assert.deepStrictEqual((yield* ask("POST", `/jobs/${runs}/cancel`, full)).body, { status: "running" })
      assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
      assert.isNotNull((yield* JobQueue.get(runs)).cancelRequestedAt)
      // One that has ended stays as it is.
      assert.deepStrictEqual((yield* ask("POST", `/jobs/${id}/cancel`, full)).body, { status: "cancelled" })
    })
  )

  test(
    "makes a failed job due again, runs one now, and changes when and how soon it is due",
    Effect.gen(function*() {
      const id = yield* failed
      const { ask } = yield* serving()
      assert.deepStrictEqual((yield* ask("POST", `/jobs/${id}/retry`, full)).body, { status: "pending" })
      assert.deepInclude(yield* JobQueue.get(id), { status: "pending", failures: 0 })

      const at = 5_000_000
      assert.deepStrictEqual(
        (yield* ask("PATCH", `/jobs/${id}`, { ...full, body: { availableAt: at, priority: -7 } })).body,
        { status: "pending" }
      )
      assert.deepInclude(yield* JobQueue.get(id), { availableAt: at, priority: -7 })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* ask("POST", `/jobs/${id}/run-now`, full)).body, { status: "pending" })
      assert.deepInclude(yield* JobQueue.get(id), { availableAt: 1000, priority: -7 })
    })
  )

  test(
    "makes a job pending again for an instant that it names, in one write",
    Effect.gen(function*() {
      const [id, other] = [yield* failed, yield* failed]
      const { ask } = yield* serving()
      const at = 5_000_000
      const { body } = yield* ask("POST", `/jobs/${id}/retry`, { ...full, body: { availableAt: at } })
      assert.deepStrictEqual(body, { status: "pending" })
      assert.deepInclude(yield* JobQueue.get(id), { status: "pending", availableAt: at })
      const many = { action: "retry", ids: [other], availableAt: at }
      assert.strictEqual((yield* ask("POST", "/jobs/actions", { ...full, body: many })).status, 200)
      assert.deepInclude(yield* JobQueue.get(other), { status: "pending", availableAt: at })
    })
  )

  test(
    "for the jobs of a filter goes on by its cursor, and tells what became of each",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { beneath, inject } = yield* StoreFaults
      const gone = yield* failed
      const ids = (yield* JobQueue.enqueueMany(Mail, Array.from({ length: 5 }, () => ({ payload: { to: "ada" } }))))
        .map(({ id }) => id).toSorted()
      const act = (body: object) =>
        Effect.map(ask("POST", "/jobs/actions", { ...full, body }), ({ body, status, text }) => {
          assert.strictEqual(status, 200, text)
          return body as {
            cursor: string | null
            fates: ReadonlyArray<{ id: string; done: boolean; status?: string; error?: string; message?: string }>
          }
        })
      const filter = { status: "pending", kind: "mail.send", queue: "default" }
      const first = yield* act({ action: "cancel", filter, limit: 3 })
      assert.deepStrictEqual(first, {
        fates: ids.slice(2).toReversed().map((id) => ({ id, done: true, status: "cancelled" })),
        cursor: ids[2] ?? ""
      })
      const rest = yield* act({ action: "cancel", filter, cursor: first.cursor })
      assert.deepStrictEqual([rest.fates.map(({ id }) => id), rest.cursor], [ids.slice(0, 2).toReversed(), null])
      const third = ids[2]
      assert(third)
      yield* inject("act", (call) => Effect.zipRight(Effect.orDie(beneath.retry(third, undefined)), call), 1)
      const deleted = yield* act({ action: "delete", filter: { status: "cancelled" } })
      assert.deepStrictEqual(deleted.fates.find(({ id }) => id === third), {
        id: third,
        done: false,
        error: "job_not_matching",
        message: "It no longer fits the filter: something else changed it first"
      })
      const retried = yield* act({ action: "retry", filter: { error: "S3NT1NEL" }, availableAt: 7_000_000 })
      assert.deepStrictEqual(retried.fates, [{ id: gone, done: true, status: "pending" }])
      assert.deepInclude(yield* JobQueue.get(gone), { availableAt: 7_000_000 })
      const all = yield* act({ action: "delete", filter: { all: true } })
      assert.strictEqual(all.fates.length, 2)
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
    })
  )

  test(
    "is counted before, by the same filter",
    Effect.gen(function*() {
      yield* failed
      yield* JobQueue.enqueueMany(Mail, Array.from({ length: 3 }, () => ({ payload: { to: "ada" } })))
      const { ask } = yield* serving()
      const whole = (query: string) => Effect.map(ask("GET", `/count${query}`, full), ({ body }) => body)
      const count = (query: string) =>
        Effect.map(whole(query), (body) => {
          const { cursor: _, ...rest } = body as Record<string, unknown>
          return rest
        })
      const all = yield* JobQueue.list()
      assert.deepStrictEqual(yield* whole(""), { count: 4, isMore: false, cursor: `from:${all.jobs[0]?.id}` })
      assert.deepStrictEqual(yield* whole("?uniqueKey=none"), { count: 0, isMore: false, cursor: null })
      assert.deepStrictEqual(yield* count("?action=retry"), { count: 1, isMore: false })
      assert.deepStrictEqual(yield* count("?action=retry&status=failed"), { count: 1, isMore: false })
      assert.deepStrictEqual(yield* count("?action=retry&status=pending"), {
        error: "invalid_request",
        issues: [{ path: "status", message: "expected failed or cancelled, which retry changes, got pending" }]
      })
      assert.deepStrictEqual(yield* count("?limit=2"), { count: 2, isMore: true })
      assert.deepStrictEqual(yield* count("?error=s3nt1nel"), { count: 1, isMore: false })
    })
  )

  test(
    "deletes a job",
    Effect.gen(function*() {
      const id = yield* failed
      const { ask } = yield* serving()
      assert.deepStrictEqual((yield* ask("DELETE", `/jobs/${id}`, full)).body, { deleted: "failed" })
      assert.strictEqual((yield* Effect.flip(JobQueue.get(id)))._tag, "JobNotFound")
    })
  )

  test(
    "pauses a queue or a kind and lets it go on",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const name = "mail/é 1"
      const path = `/pauses/queue/${encodeURIComponent(name)}`
      const paused = yield* ask("PUT", path, { ...full, body: { by: "ada" } })
      assert.deepStrictEqual(paused.body, { scope: "queue", name, pausedAt: 0, pausedBy: "ada" })
      yield* ask("PUT", "/pauses/kind/mail.send", full)
      assert.deepStrictEqual((yield* ask("GET", "/pauses", full)).body, {
        pauses: [{ scope: "kind", name: "mail.send", pausedAt: 0, pausedBy: null }, paused.body]
      })
      assert.deepStrictEqual((yield* ask("DELETE", path, full)).body, { resumed: true })
      assert.deepStrictEqual((yield* ask("DELETE", path, full)).body, { resumed: false })
      assert.deepStrictEqual((yield* JobQueue.pauses).map(({ name }) => name), ["mail.send"])
    })
  )

  test(
    "for several jobs tells what became of each, in order",
    Effect.gen(function*() {
      const [first, runs] = [yield* failed, yield* running]
      const { id: waits } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { ask } = yield* serving()
      const act = (action: string, ids: ReadonlyArray<string>) =>
        Effect.map(ask("POST", "/jobs/actions", { ...full, body: { action, ids } }), ({ body, status }) => {
          assert.strictEqual(status, 200)
          return (body as { fates: ReadonlyArray<{ id: string; done: boolean; error?: string; status?: string }> })
            .fates
        })
      const told = (yield* act("retry", [first, unknown, waits, first])) as ReadonlyArray<object>
      assert.deepStrictEqual(told, [
        { id: first, done: true, status: "pending" },
        { id: unknown, done: false, error: "job_not_found", message: `There is no job ${unknown}` },
        {
          id: waits,
          done: false,
          error: "job_not_retryable",
          message: `Job ${waits} is pending; only a failed or cancelled job can be retried`
        },
        { id: first, done: true, status: "pending" }
      ])
      assert.deepStrictEqual(yield* act("cancel", [runs, waits]), [
        { id: runs, done: true, status: "running" },
        { id: waits, done: true, status: "cancelled" }
      ])
      assert.deepInclude((yield* act("run-now", [runs]))[0], { error: "job_not_pending" })
      const deleted = yield* act("delete", [runs, waits, first])
      assert.deepInclude(deleted[0], { done: false, error: "job_running" })
      assert.deepStrictEqual(deleted.slice(1), [
        { id: waits, done: true, status: "cancelled" },
        { id: first, done: true, status: "pending" }
      ])
      assert.deepStrictEqual((yield* JobQueue.list()).jobs.map(({ id }) => id), [runs])
    })
  )

  test(
    "for several jobs tries no more of them once the store has failed",
    Effect.gen(function*() {
      const ids = [yield* failed, yield* failed, yield* failed]
      const { ask } = yield* serving()
      const { inject } = yield* StoreFaults
      yield* inject("retry", failing, 1)
      const { body } = yield* ask("POST", "/jobs/actions", { ...full, body: { action: "retry", ids } })
      assert.deepStrictEqual(
        (body as { fates: ReadonlyArray<{ error: string }> }).fates.map(({ error }) => error),
        ["unavailable", "not_tried", "not_tried"]
      )
      assert.notInclude(JSON.stringify(body), "cut the store off")
      for (const id of ids) assert.strictEqual((yield* JobQueue.get(id)).status, "failed")
    })
  )
})

describe("a refusal", () => {
  test(
    "says why a job is not changed, by its tag and its status, and changes nothing",
    Effect.gen(function*() {
      const [ended, runs] = [yield* failed, yield* running]
      const { id: keyed } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { uniqueKey: "k" })
      yield* JobQueue.cancel(keyed)
      const { id: holder } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { uniqueKey: "k" })
      const { ask } = yield* serving()
      const before = (yield* JobQueue.list()).jobs
      const refused: ReadonlyArray<readonly [string, string, number, object, unknown?]> = [
        ["GET", `/jobs/${unknown}`, 404, { error: "job_not_found" }],
        ["GET", "/jobs/a%2Fb%00", 404, { error: "job_not_found" }],
        ["GET", `/jobs/${unknown}/explanation`, 404, { error: "job_not_found" }],
        ["POST", `/jobs/${unknown}/cancel`, 404, { error: "job_not_found" }],
        ["POST", `/jobs/${unknown}/retry`, 404, { error: "job_not_found" }],
        ["POST", `/jobs/${unknown}/run-now`, 404, { error: "job_not_found" }],
        ["PATCH", `/jobs/${unknown}`, 404, { error: "job_not_found" }, { priority: 1 }],
        ["DELETE", `/jobs/${unknown}`, 404, { error: "job_not_found" }],
        ["POST", `/jobs/${runs}/retry`, 409, { error: "job_not_retryable", status: "running" }],
        ["POST", `/jobs/${keyed}/retry`, 409, { error: "unique_key_taken", heldBy: holder }],
        ["POST", `/jobs/${ended}/run-now`, 409, { error: "job_not_pending", status: "failed" }],
        ["PATCH", `/jobs/${runs}`, 409, { error: "job_not_pending", status: "running" }, { priority: 1 }],
        ["DELETE", `/jobs/${runs}`, 409, { error: "job_running" }]
      ]
      for (const [method, path, status, said, body] of refused) {
        const answer = yield* ask(method, path, { ...full, body })
        assert.strictEqual(answer.status, status, `${method} ${path}: ${answer.text}`)
        assert.deepInclude(answer.body, said)
      }
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, before)
    })
  )

  const json = { "content-type": "application/json" }
  const malformed: ReadonlyArray<readonly [string, string, Asked, number, ReadonlyArray<string>]> = [
    ["a status that is none", "GET /jobs?status=done", {}, 400, ["\"path\":\"status\"", "pending"]],
    ["an empty kind", "GET /jobs?kind=", {}, 400, ["\"path\":\"kind\"", "1 to 255 characters"]],
    ["a long queue", `GET /jobs?queue=${"x".repeat(256)}`, {}, 400, ["\"path\":\"queue\""]],
    ["a partition with a NUL", "GET /jobs?partition=%00", {}, 400, ["\"path\":\"partition\""]],
    ["a misspelt filter", "GET /jobs?statsu=failed", {}, 400, ["\"path\":\"statsu\"", "status"]],
    ["a misspelt span", "GET /stats?ovr=1000", {}, 400, ["\"path\":\"ovr\"", "over"]],
    ["a misspelt place", "GET /events?affter=1", {}, 400, ["\"path\":\"affter\"", "after"]],
    ["two kinds", "GET /jobs?kind=a&kind=b", {}, 400, ["\"path\":\"kind\""]],
    ["a limit of none", "GET /jobs?limit=0", {}, 400, ["\"path\":\"limit\"", "from 1 to 100"]],
    ["a limit of too many", "GET /jobs?limit=101", {}, 400, ["from 1 to 100"]],
    ["a limit that is no number", "GET /jobs?limit=ten&status=x", {}, 400, [
      "\"path\":\"limit\"",
      "\"path\":\"status\""
    ]],
    ["a cursor that is none", "GET /jobs?cursor=x", {}, 400, ["\"path\":\"cursor\"", "of a page"]],
    ["a span of none", "GET /stats?over=0", {}, 400, ["\"path\":\"over\"", "from 1 to"]],
    ["a span with a unit", "GET /stats?over=5s", {}, 400, ["\"path\":\"over\""]],
    ["a long id of an event", `GET /events?after=${"1".repeat(101)}`, {}, 400, ["\"path\":\"after\""]],
    ["no JSON", "POST /jobs/actions", { body: "{\"action\":" }, 400, ["invalid_request", "expected JSON"]],
    ["no object", "POST /jobs/actions", { body: "[]" }, 400, ["expected a JSON object, got an array"]],
    ["no body", "POST /jobs/actions", {}, 400, ["\"path\":\"action\""]],
    ["neither ids nor a filter", "POST /jobs/actions", { body: { action: "cancel" } }, 400, ["expected ids or filter"]],
    [
      "ids and a filter",
      "POST /jobs/actions",
      { body: { action: "cancel", ids: ["a"], filter: { kind: "a" } } },
      400,
      ["expected ids or filter, and not both"]
    ],
    ["a cursor of ids", "POST /jobs/actions", { body: { action: "cancel", ids: ["a"], cursor: "x" } }, 400, [
      "cursor and limit are for a filter"
    ]],
    ["an instant of a cancel", "POST /jobs/actions", { body: { action: "cancel", ids: ["a"], availableAt: 1 } }, 400, [
      "availableAt is for a retry"
    ]],
    ["a filter of nothing", "POST /jobs/actions", { body: { action: "delete", filter: {} } }, 400, [
      "\"path\":\"filter\"",
      "expected one or more members"
    ]],
    [
      "a filter of all and less",
      "POST /jobs/actions",
      { body: { action: "delete", filter: { all: true, kind: "a" } } },
      400,
      [
        "expected all, or other members"
      ]
    ],
    [
      "a misspelt filter of an action",
      "POST /jobs/actions",
      { body: { action: "delete", filter: { kin: "a" } } },
      400,
      [
        "filter.kin"
      ]
    ],
    [
      "a filter's cursor that is none",
      "POST /jobs/actions",
      {
        body: { action: "delete", filter: { kind: "a" }, cursor: "x" }
      },
      400,
      ["\"path\":\"cursor\"", "of a page"]
    ],
    [
      "a limit of a filter of too many",
      "POST /jobs/actions",
      {
        body: { action: "delete", filter: { kind: "a" }, limit: 101 }
      },
      400,
      ["\"path\":\"limit\""]
    ],
    ["an empty error", "GET /jobs?error=", {}, 400, ["\"path\":\"error\"", "1 to 1000 characters"]],
    ["an empty unique key", "GET /jobs?uniqueKey=", {}, 400, ["\"path\":\"uniqueKey\""]],
    ["a misspelt count", "GET /count?kin=a", {}, 400, ["\"path\":\"kin\"", "kind"]],
    ["a count of too many", "GET /count?limit=100001", {}, 400, ["from 1 to 100000"]],
    ["a count for no action", "GET /count?action=stop", {}, 400, ["\"path\":\"action\"", "run-now"]],
    ["half an instant of a retry", "POST /jobs/x/retry", { body: { availableAt: 0.5 } }, 400, ["availableAt"]],
    ["a misspelt retry", "POST /jobs/x/retry", { body: { availableat: 1 } }, 400, ["availableat"]],
    ["an action that is none", "POST /jobs/actions", { body: { action: "stop", ids: ["a"] } }, 400, ["run-now"]],
    ["no ids", "POST /jobs/actions", { body: { action: "cancel", ids: [] } }, 400, ["\"path\":\"ids\""]],
    ["too many ids", "POST /jobs/actions", { body: { action: "cancel", ids: Array(101).fill("a") } }, 400, [
      "\"path\":\"ids\""
    ]],
    ["an id that is none", "POST /jobs/actions", { body: { action: "cancel", ids: [7] } }, 400, ["ids.0"]],
    ["an empty id", "POST /jobs/actions", { body: { action: "cancel", ids: [""] } }, 400, ["ids.0"]],
    ["no change", "PATCH /jobs/x", { body: {} }, 400, ["expected availableAt, priority or both"]],
    ["a priority of too much", "PATCH /jobs/x", { body: { priority: 1001 } }, 400, ["priority", "-1000 to 1000"]],
    ["half an instant", "PATCH /jobs/x", { body: { availableAt: 1.5 } }, 400, ["availableAt"]],
    ["an instant before time", "PATCH /jobs/x", { body: { availableAt: -1 } }, 400, ["availableAt"]],
    ["a misspelt member", "PATCH /jobs/x", { body: { prority: 1 } }, 400, ["prority"]],
    ["a name that nothing can have", "PATCH /jobs/x", { body: "{\"__proto__\":1}" }, 400, ["__proto__"]],
    ["a scope that is none", "PUT /pauses/job/x", { body: {} }, 400, ["\"path\":\"scope\"", "queue"]],
    ["a kind of spaces", "PUT /pauses/kind/%20", {}, 400, ["kind", "not only spaces"]],
    ["a long name", `PUT /pauses/queue/${"x".repeat(256)}`, {}, 400, ["\"path\":\"name\""]],
    ["nobody's pause", "PUT /pauses/queue/x", { body: { by: "" } }, 400, ["\"path\":\"by\""]],
    ["a scope that is none, to resume", "DELETE /pauses/job/x", {}, 400, ["\"path\":\"scope\""]],
    [
      "a form",
      "POST /jobs/actions",
      { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      [
        "send application/json"
      ]
    ],
    ["a compressed body", "PATCH /jobs/x", { body: "x", headers: { ...json, "content-encoding": "gzip" } }, 415, [
      "gzip"
    ]],
    ["too much, said before", "PATCH /jobs/x", { body: `"${"x".repeat(bodyLimit)}"` }, 413, [
      "body_too_large",
      String(bodyLimit)
    ]],
    [
      "too much, found out",
      "PUT /pauses/queue/x",
      {
        body: `"${"x".repeat(bodyLimit)}"`,
        headers: { ...json, "transfer-encoding": "chunked" }
      },
      413,
      ["body_too_large"]
    ],
    ["no address", "GET /job", {}, 404, ["not_found"]],
    ["no address at all", "GET /", {}, 404, ["not_found"]],
    ["a path that cannot be decoded", "GET /jobs/%E0%A4%A", {}, 404, ["not_found"]],
    ["no method", "DELETE /jobs", {}, 405, ["method_not_allowed", "GET"]],
    ["no method of one job", "PUT /jobs/x", {}, 405, ["GET", "PATCH", "DELETE"]],
    ["no method, and a dot that is none", "POST /openapi.json", {}, 405, ["GET"]],
    ["a path with another sign for the dot", "GET /openapi-json", {}, 404, ["not_found"]]
  ]
  test(
    "of a request that cannot be read says what is wrong and what is allowed, and changes nothing",
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const before = yield* JobQueue.get(id)
      const { ask } = yield* serving()
      for (const [name, call, asked, status, words] of malformed) {
        const [method = "", path = ""] = call.split(" ")
        const answer = yield* ask(method, path, { ...full, ...asked })
        assert.strictEqual(answer.status, status, `${name}: ${answer.text}`)
        for (const word of words) assert.include(answer.text, word, name)
        assert.isBelow(answer.text.length, 2_000, name)
      }
      assert.deepStrictEqual(yield* JobQueue.get(id), before)
      assert.deepStrictEqual(yield* JobQueue.pauses, [])
    })
  )

  test(
    "tells of a store that fails no more than that, on every path that asks it",
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { ask } = yield* serving()
      const { inject } = yield* StoreFaults
      yield* inject("every", failing)
      for (
        const [method, path, body] of [
          ["GET", "/jobs"],
          ["GET", "/count"],
          ["POST", "/jobs/actions", { action: "cancel", filter: { all: true } }],
          ["GET", `/jobs/${id}`],
          ["GET", `/jobs/${id}/explanation`],
          ["POST", `/jobs/${id}/cancel`],
          ["POST", `/jobs/${id}/retry`],
          ["POST", `/jobs/${id}/run-now`],
          ["PATCH", `/jobs/${id}`, { priority: 1 }],
          ["DELETE", `/jobs/${id}`],
          ["GET", "/stats"],
          ["GET", "/pauses"],
          ["GET", "/workers"],
          ["PUT", "/pauses/queue/x"],
          ["DELETE", "/pauses/queue/x"]
        ] as const
      ) {
        const answer = yield* ask(method, path, { ...full, body })
        assert.deepStrictEqual([answer.status, answer.body], [503, { error: "unavailable" }], `${method} ${path}`)
      }
    })
  )
})

describe("figures", () => {
  test(
    "are looked at once for all who ask within half a second, and again after an action",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { delay: "1 hour" })
      const pending = Effect.map(
        ask("GET", "/stats", full),
        ({ body }) => JSON.stringify(body).includes(`"pending":{"count":1`)
      )
      const looks = StoreFaults.calls("laneHeads")
      assert.isTrue(yield* pending)
      const before = yield* looks
      yield* TestClock.adjust(499)
      assert.isTrue(yield* pending)
      assert.strictEqual(yield* looks, before)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* pending)
      assert.isAbove(yield* looks, before)
      yield* ask("POST", `/jobs/${id}/cancel`, full)
      assert.isFalse(yield* pending)
    })
  )

  test(
    "that were looked at before an action, and come after it, are for nobody else",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" }, { delay: "1 hour" })
      const listed = Effect.map(
        ask("GET", "/jobs?status=pending", full),
        ({ body }) => (body as { jobs: ReadonlyArray<unknown> }).jobs.length
      )
      const { inject } = yield* StoreFaults
      yield* inject("search", answeredAfter("400 millis"), 1)
      const early = yield* Effect.fork(listed)
      while ((yield* StoreFaults.calls("search")) === 0) yield* turn
      yield* ask("POST", `/jobs/${id}/cancel`, full)
      yield* TestClock.adjust("400 millis")
      assert.strictEqual(yield* Fiber.join(early), 1)
      assert.strictEqual(yield* listed, 0)
    })
  )

  test(
    "count the jobs of each queue and kind",
    Effect.gen(function*() {
      yield* failed
      yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { ask } = yield* serving()
      const { body } = yield* ask("GET", "/stats?over=60000", full)
      assert.deepStrictEqual(body, JSON.parse(JSON.stringify(yield* JobQueue.stats({ over: "1 minute" }))))
      assert.deepInclude(body, { over: 60_000, isWhole: true })
      assert.deepInclude((yield* ask("GET", "/stats", full)).body, { over: 300_000 })
    })
  )

  test(
    "of the last hour are taken every ten seconds, each of what ended since the last",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const points = Effect.map(ask("GET", "/history", full), ({ body }) => {
        assert.deepInclude(body, { every: 10_000 })
        return (body as { points: ReadonlyArray<Record<string, number | boolean | null>> }).points
      })
      assert.deepStrictEqual(yield* points, [{
        at: 0,
        pending: 0,
        due: 0,
        running: 0,
        stale: 0,
        oldestDueAt: null,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
        isMore: false
      }])
      yield* TestClock.adjust("4 seconds")
      yield* failed
      yield* running
      yield* JobQueue.enqueue(Mail, { to: "ada" })
      yield* JobQueue.enqueue(Mail, { to: "ada" }, { delay: "1 hour" })
      yield* TestClock.adjust("16 seconds")
      const [, second, third] = yield* points
      assert.deepInclude(second, { at: 10_000, pending: 2, due: 1, running: 1, oldestDueAt: 4000, failed: 1 })
      assert.deepInclude(third, { at: 20_000, failed: 0 })

      // A look that fails is left out, and the next counts what it missed.
      const { inject, mend } = yield* StoreFaults
      yield* inject("laneHeads", failing)
      yield* TestClock.adjust("1 second")
      yield* failed
      yield* TestClock.adjust("9 seconds")
      yield* mend()
      yield* TestClock.adjust("10 seconds")
      const last = (yield* points).at(-1)
      assert.deepInclude(last, { at: 40_000, failed: 1 })
      assert.strictEqual((yield* points).length, 4)

      yield* TestClock.adjust("59 minutes")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* points).length, 360)
      assert.deepInclude((yield* points)[359], { at: 3_700_000 })
    })
  )
})

describe("the server", () => {
  test(
    "says who the caller is and what the server is",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { body } = yield* ask("GET", "/session", { token: tokens.read })
      assert.deepStrictEqual(body, {
        access: "read",
        version: "0.1.0",
        database: "sqlite",
        payloads: true,
        searchesErrors: true,
        now: 0
      })
      assert.deepInclude((yield* ask("GET", "/session", full)).body, { access: "full" })
    })
  )

  test(
    "has a valid OpenAPI document that names its own address",
    Effect.gen(function*() {
      const { ask } = yield* serving({ prefix: "/admin/jobs" })
      assert.strictEqual((yield* ask("GET", "/session", full)).status, 404)
      const { askAt } = yield* serving({ prefix: "/admin/jobs" })
      const { body } = yield* askAt("GET", "/admin/jobs/api/openapi.json", full)
      const result = yield* Effect.promise(() => new Validator().validate(body as never))
      assert.isTrue(result.valid, JSON.stringify(result.errors))
      assert.deepInclude(body, { servers: [{ url: "/admin/jobs/api" }] })
    })
  )

  test(
    "is asked by the typed client, which fails with the refusals of a call",
    Effect.gen(function*() {
      const id = yield* failed
      const { client } = yield* serving()
      const api = yield* client(tokens.full)
      assert.strictEqual((yield* api.jobs.get({ path: { id } })).status, "failed")
      assert.deepStrictEqual(yield* api.jobs.retry({ path: { id }, payload: {} }), { status: "pending" })
      assert.deepStrictEqual(
        (yield* Effect.flip(api.jobs.retry({ path: { id }, payload: {} })))._tag,
        "job_not_retryable"
      )
      assert.deepStrictEqual(yield* api.jobs.act({ payload: { action: "cancel", ids: [id] } }), {
        fates: [{ id, done: true, status: "cancelled" }]
      })
      const name = "a/b"
      yield* api.pauses.pause({ path: { scope: "queue", name }, payload: {} })
      assert.deepStrictEqual((yield* api.pauses.list()).pauses.map(({ name }) => name), [name])
      assert.strictEqual((yield* api.figures.stats({ urlParams: { over: 1000 } })).over, 1000)
      assert.strictEqual((yield* api.jobs.list({ urlParams: { limit: 1 } })).jobs.length, 1)
      const { reasons } = yield* api.jobs.explain({ path: { id } })
      assert.strictEqual(reasons[0]?._tag, "Finished")
      const reader = yield* client(tokens.read)
      assert.strictEqual((yield* Effect.flip(reader.jobs.retry({ path: { id }, payload: {} })))._tag, "forbidden")
      const stranger = yield* client("another")
      assert.strictEqual((yield* Effect.flip(stranger.session.get()))._tag, "unauthorized")
    })
  )

  test(
    "gives a call up that the store does not answer in time",
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { inject } = yield* StoreFaults
      yield* inject("pauses", (call) => Effect.zipRight(Effect.sleep(Duration.hours(1)), call))
      const asking = yield* Effect.fork(ask("GET", "/pauses", full))
      const answer = yield* TestClock.adjust("5 seconds").pipe(
        Effect.zipRight(turn),
        Effect.repeat({ until: () => asking.unsafePoll() !== null }),
        Effect.zipRight(asking.await),
        Effect.flatten
      )
      assert.deepStrictEqual([answer.status, answer.body], [503, { error: "unavailable" }])
    })
  )
})

describe("calls of the store", () => {
  for (
    const [what, method, others] of [
      ["that change something", "cancel", ["/session", "/history", "/jobs", "/stats"]],
      ["that read", "search", ["/session", "/history"]]
    ] as const
  ) {
    test(
      `${what} and do not end hold up no others, and those behind them are refused after two seconds`,
      Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
        const { ask, openRequests } = yield* serving()
        const { inject } = yield* StoreFaults
        let begun = 0
        yield* inject(method, () => Effect.zipRight(Effect.sync(() => void begun++), Effect.never))
        const call = method === "cancel" ? ask("POST", `/jobs/${id}/cancel`, full) : ask("GET", "/jobs", full)
        const before = begun
        const calls = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.fork(call))
        yield* Effect.repeat(turn, { until: () => openRequests() === 20 && begun - before >= 8 })

        for (const path of others) assert.strictEqual((yield* ask("GET", path, full)).status, 200, path)
        assert.strictEqual((yield* ask("GET", "/session")).status, 401)
        assert.strictEqual((yield* ask("DELETE", `/jobs/${id}`, { token: tokens.read })).status, 403)
        if (method === "search") {
          assert.deepStrictEqual((yield* ask("POST", `/jobs/${id}/run-now`, full)).body, { status: "pending" })
        }

        const answered = () => calls.filter((fiber) => fiber.unsafePoll() !== null).length
        yield* TestClock.adjust("1900 millis")
        assert.strictEqual(answered(), 0)
        yield* TestClock.adjust("100 millis")
        yield* Effect.repeat(turn, { until: () => answered() === 12 })
        assert.strictEqual(begun - before, 8)
        const refused = yield* Effect.forEach(
          calls.filter((fiber) => fiber.unsafePoll() !== null),
          (fiber) => Fiber.join(fiber)
        )
        for (const { body, status } of refused) {
          assert.deepStrictEqual([status, body], [503, { error: "unavailable" }])
        }
        yield* TestClock.adjust("28 seconds")
        yield* Effect.repeat(turn, { until: () => answered() === 20 })
        assert.strictEqual((yield* Effect.forEach(calls, (fiber) => Fiber.join(fiber))).at(0)?.status, 503)
      })
    )
  }
})

describe("options that do not fit", () => {
  const one = Redacted.make("s3nt1nel")
  for (
    const [options, told] of [
      [{ prefix: "holdfast" }, /prefix.*holdfast/],
      [{ prefix: "/" }, /prefix/],
      [{ prefix: "/a/" }, /prefix/],
      [{ tokens: { full: Redacted.make("s3nt1nel 1") } }, /tokens.full/],
      [{ tokens: { full: Redacted.make("") } }, /tokens.full/],
      [{ tokens: { full: one, read: one } }, /tokens.read/],
      [{ authorize: Effect.succeed("full" as const) }, /tokens and authorize.*both/],
      [{ eventClients: 0 }, /eventClients.*0/],
      [{ origins: ["https://ops.example.com/"] }, /origins.*ops\.example\.com/]
    ] as const
  ) {
    test(
      `are refused by name, and no token is told: ${String(told)}`,
      Effect.gen(function*() {
        const { message } = yield* Effect.flip(serving(options))
        assert.match(message, told)
        assert.notInclude(message, "s3nt1nel")
      })
    )
  }
})
