import { assert, describe, it } from "@effect/vitest"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Duration, Effect, Fiber, Layer, Logger, Option, Redacted, Schedule, Schema, TestClock } from "effect"
import { CurrentJob, Job, JobQueue, Worker } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import { Gauges } from "holdfast/telemetry"
import type { OtlpSettings } from "../../src/cli/otlpSettings.ts"
import { otlp } from "../../src/program/otlp.ts"
import { collectorClient } from "../../src/program/otlpClient.ts"
import type { Answer, Collector } from "./collector.ts"
import { accepted, attributesOf, makeCollector } from "./collector.ts"

const secret = "hunter2"

const Mail = Job.make("otlp.mail", {
  payload: { to: Schema.String },
  queue: "post",
  backoff: Schedule.spaced("1 millis")
})

class MailboxFull extends Error {
  override readonly name = "MailboxFull"
}

/** Fails each job's first attempt, and tells of what it was given. */
const MailLive = Mail.toLayer(({ to }) =>
  Effect.gen(function*() {
    const { attempt } = yield* CurrentJob
    if (attempt === 1) yield* Effect.fail(new MailboxFull(`the mailbox of ${to} is full`))
  }).pipe(Effect.withSpan("send"))
)

/** An app that enqueues a job in a request and runs its two attempts. */
const runApp = Effect.gen(function*() {
  yield* Effect.withSpan(JobQueue.enqueue(Mail, { to: secret }), "request")
  yield* Worker.run({ jobs: [Mail], maxJobs: 2, pollInterval: "10 millis" })
}).pipe(
  Effect.provide(MailLive.pipe(
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(Gauges.sampling),
    Layer.provideMerge(Gauges.layer),
    Layer.provideMerge(SqliteStore.layer({ filename: ":memory:" }))
  ))
)

/** A log that is kept, and not printed. */
const keeping = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  )

const settingsFor = (endpoint: string, more: Partial<OtlpSettings> = {}): OtlpSettings => ({
  endpoint,
  headers: Redacted.make({ authorization: `Bearer ${secret}` }),
  protocol: "http/json",
  resource: { "service.name": "post-office", "deployment.environment.name": "test" },
  ...more
})

/** Runs the app with what it exports, sent to this URL, and ends with the exporters. */
const exported = (
  url: string,
  options: { readonly lines?: Array<string>; readonly showErrors?: boolean; readonly more?: Partial<OtlpSettings> } = {}
) =>
  runApp.pipe(
    Effect.provide(otlp(settingsFor(url, options.more), { showErrors: options.showErrors ?? false })),
    Effect.provide(keeping(options.lines ?? []))
  )

const exportedTo = (answer: Answer, options: Parameters<typeof exported>[1] = {}) =>
  Effect.gen(function*() {
    const collector = yield* makeCollector(answer)
    yield* exported(collector.url, options)
    return collector
  })

const spansNamed = (collector: Collector, name: string) => {
  const spans = collector.spans().filter((span) => span.name === name)
  assert.isNotEmpty(spans, name)
  return spans
}

describe("what is sent to a collector", () => {
  it.scopedLive("has a job's span as a child of its enqueue when it ran at once, and linked to it when it ran later", () =>
    Effect.gen(function*() {
      const collector = yield* exportedTo(accepted)
      const [request] = spansNamed(collector, "request")
      const [enqueue] = spansNamed(collector, "JobQueue.enqueue")
      const [first, second] = spansNamed(collector, "process otlp.mail").toSorted((one, other) =>
        Number(BigInt(one.startTimeUnixNano) - BigInt(other.startTimeUnixNano))
      )
      assert(request && enqueue && first && second)
      assert.deepStrictEqual([enqueue.traceId, enqueue.parentSpanId], [request.traceId, request.spanId])

      assert.deepStrictEqual([first.traceId, first.parentSpanId], [enqueue.traceId, enqueue.spanId])
      assert.deepStrictEqual(first.links, [])
      assert.notStrictEqual(second.traceId, enqueue.traceId)
      assert.isUndefined(second.parentSpanId)
      assert.deepStrictEqual(second.links.map(({ spanId, traceId }) => [traceId, spanId]), [
        [enqueue.traceId, enqueue.spanId]
      ])

      // 4 is a producer.
      assert.strictEqual(enqueue.kind, 4)
      assert.deepStrictEqual(attributesOf(enqueue), {
        "messaging.system": "holdfast",
        "messaging.operation.name": "enqueue",
        "messaging.operation.type": "send",
        "messaging.destination.name": "post",
        "holdfast.job.kind": "otlp.mail"
      })
      // 5 is a consumer.
      assert.deepStrictEqual([first.kind, second.kind], [5, 5])
      assert.include(attributesOf(first), {
        "messaging.system": "holdfast",
        "messaging.operation.type": "process",
        "messaging.destination.name": "post",
        "holdfast.job.kind": "otlp.mail",
        "holdfast.job.attempt": 1,
        "holdfast.job.outcome": "retrying",
        "error.type": "MailboxFull"
      })
      assert.strictEqual(attributesOf(first)["messaging.message.id"], attributesOf(second)["messaging.message.id"])
      assert.strictEqual(attributesOf(second)["holdfast.job.outcome"], "succeeded")
      // 2 is an error.
      assert.deepStrictEqual([first.status.code, second.status.code], [2, 1])
      const handlers = spansNamed(collector, "send")
      assert.sameMembers(handlers.map(({ parentSpanId }) => parentSpanId), [first.spanId, second.spanId])
    }))

  it.scopedLive("has the metrics, with units, and the gauges", () =>
    Effect.gen(function*() {
      const collector = yield* exportedTo(accepted)
      const metrics = new Map(collector.metrics().map((metric) => [metric.name, metric]))
      const settled = metrics.get("holdfast_jobs_settled")
      const ends = (settled?.sum?.dataPoints ?? []).filter((point) => attributesOf(point)["kind"] === "otlp.mail")
      assert.isTrue(settled?.sum?.isMonotonic)
      assert.sameMembers(ends.map((point) => attributesOf(point)["outcome"]), ["retrying", "succeeded"])
      const took = metrics.get("holdfast_job_duration_seconds")
      assert.strictEqual(took?.unit, "s")
      const point = (took?.histogram?.dataPoints ?? []).find((point) => attributesOf(point)["kind"] === "otlp.mail")
      assert.isAtLeast(point?.count ?? 0, 2)
      assert.strictEqual(point?.bucketCounts?.reduce((sum, count) => sum + count, 0), point?.count)
      for (const name of ["holdfast_last_look_timestamp_seconds", "holdfast_gauges_timestamp_seconds"]) {
        assert.approximately(metrics.get(name)?.gauge?.dataPoints[0]?.asDouble ?? 0, Date.now() / 1000, 60)
      }
      assert.strictEqual(metrics.get("holdfast_jobs_claimed")?.unit, "")
    }))

  it.scopedLive("has the lines of the log, each in the trace of its attempt", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const collector = yield* exportedTo(accepted, { lines })
      const records = collector.logs()
      assert.deepStrictEqual(records.map(({ body }) => body.stringValue), lines)
      const succeeded = records.find(({ body }) => body.stringValue === "Job succeeded")
      assert(succeeded !== undefined)
      assert.strictEqual(succeeded.severityText, "INFO")
      assert.include(attributesOf(succeeded), { kind: "otlp.mail", attempt: 2 })
    }))

  it.scopedLive("names what it is from, once, and carries the headers that it was given", () =>
    Effect.gen(function*() {
      const collector = yield* exportedTo(accepted)
      const resources = collector.resources().map(attributesOf)
      assert.isAtLeast(resources.length, 3)
      for (const resource of resources) {
        assert.include(resource, { "service.name": "post-office", "deployment.environment.name": "test" })
        assert.isString(resource["service.version"])
        assert.isString(resource["service.instance.id"])
      }
      assert.sameMembers([...new Set(collector.requests.map(({ path }) => path))], [
        "/v1/logs",
        "/v1/metrics",
        "/v1/traces"
      ])
      for (const { headers } of collector.requests) {
        assert.strictEqual(headers.authorization, `Bearer ${secret}`)
        assert.strictEqual(headers["content-type"], "application/json")
      }
    }))

  it.scopedLive("shows nothing of a payload, an error's text or a token, unless errors may be shown", () =>
    Effect.gen(function*() {
      const closed = yield* exportedTo(accepted)
      for (const { body } of closed.requests) assert.notInclude(body, secret)
      const failed = closed.spans().find(({ name, status }) => name === "send" && status.code === 2)
      assert(failed !== undefined)
      assert.isUndefined(failed.status.message)
      const [event] = failed.events
      assert(event !== undefined)
      assert.deepStrictEqual(attributesOf(event), { "exception.type": "MailboxFull" })
      assert.notProperty(attributesOf(failed), "status.interrupted")

      const open = yield* exportedTo(accepted, { showErrors: true })
      const shown = open.spans().find(({ name, status }) => name === "send" && status.code === 2)
      assert.strictEqual(shown?.status.message, `the mailbox of ${secret} is full`)
    }))

  it.scopedLive("shows no query of a URL, which may hold a tenant or a token", () =>
    Effect.gen(function*() {
      const collector = yield* makeCollector(accepted)
      const url = `http://user:${secret}@app.test/jobs?partition=${secret}#${secret}`
      const attributes = {
        "url.full": url,
        "url.query": `partition=${secret}`,
        "url.path": "/jobs",
        "http.request.header.referer": url,
        "http.response.header.location": `/jobs/1?partition=${secret}`
      }
      yield* Effect.void.pipe(
        Effect.withSpan("GET", { attributes }),
        Effect.provide(otlp(settingsFor(collector.url), { showErrors: true })),
        Effect.provide(keeping([]))
      )
      const [span] = spansNamed(collector, "GET")
      assert(span !== undefined)
      assert.deepStrictEqual(attributesOf(span), {
        "url.full": "http://app.test/jobs",
        "url.path": "/jobs",
        "http.request.header.referer": "http://app.test/jobs",
        "http.response.header.location": "/jobs/1"
      })
    }))

  it.scopedLive("may be protobuf", () =>
    Effect.gen(function*() {
      const { requests } = yield* exportedTo(accepted, { more: { protocol: "http/protobuf" } })
      assert.isAtLeast(requests.length, 3)
      for (const { body, headers } of requests) {
        assert.strictEqual(headers["content-type"], "application/x-protobuf")
        assert.include(body, "post-office")
      }
    }))
})

describe("a collector that does not take it", () => {
  /** The warnings of a run, after which the app has ended, and in time. */
  const warnings = (run: (lines: Array<string>) => Effect.Effect<unknown, unknown>) =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const [took] = yield* Effect.timed(run(lines))
      assert.isBelow(Duration.toMillis(took), 8000)
      assert.include(lines, "Job succeeded")
      return lines.filter((line) => line.startsWith("Telemetry"))
    })
  const warning = "Telemetry does not get through; it is dropped until it does"

  it.scopedLive("because it is away costs the app nothing but a few warnings", () =>
    Effect.gen(function*() {
      const { url } = yield* Effect.scoped(makeCollector())
      const told = yield* warnings((lines) => exported(url, { lines }))
      assert.isNotEmpty(told)
      assert.deepStrictEqual([...new Set(told)], [warning])
      assert.isAtMost(told.length, 3)
    }))

  it.scopedLive("because it never answers does not keep the app from ending", () =>
    Effect.gen(function*() {
      const { url } = yield* makeCollector(() => {})
      yield* warnings((lines) => exported(url, { lines }))
    }))

  it.scopedLive("because it fails is asked again, and does not keep the app from ending", () =>
    Effect.gen(function*() {
      const collector = yield* makeCollector((response) => response.writeHead(500).end("no"))
      const told = yield* warnings((lines) => exported(collector.url, { lines }))
      assert.deepStrictEqual([...new Set(told)], [warning])
      assert.isNotEmpty(collector.requests)
    }))

  it.scopedLive("because it points elsewhere is not followed there", () =>
    Effect.gen(function*() {
      const elsewhere = yield* makeCollector()
      const { url } = yield* makeCollector((response) => response.writeHead(307, { location: elsewhere.url }).end())
      yield* warnings((lines) => exported(url, { lines }))
      assert.deepStrictEqual(elsewhere.requests, [])
    }))
})

/** Answers every request by this status at once, in place of the network. Gives the paths that were asked for. */
const answering = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const before = globalThis.fetch
        const paths: Array<string> = []
        globalThis.fetch = (url) => {
          paths.push(new URL(url).pathname)
          return Promise.resolve(new Response("", { status, headers }))
        }
        return { before, paths }
      }),
      ({ before }) => Effect.sync(() => void (globalThis.fetch = before))
    ),
    ({ paths }) => paths
  )

const url = "http://collector.test:4318"

it.scoped("no more than eight requests wait for a collector, and none for more than 23 s", () =>
  Effect.gen(function*() {
    const { url } = yield* makeCollector(() => {})
    const client = yield* HttpClient.HttpClient
    const send = Effect.flip(client.execute(HttpClientRequest.post(url)))
    const waiting = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.fork(send))
    yield* Effect.yieldNow()
    assert.include((yield* send).message, "too many requests wait for an answer")
    yield* TestClock.adjust("22999 millis")
    assert.isTrue(Option.isNone(yield* Fiber.poll(yield* Effect.fromNullable(waiting[0]))))
    yield* TestClock.adjust("1 millis")
    for (const error of yield* Fiber.join(Fiber.all(waiting))) assert.include(error.message, "no answer within 5s")
  }).pipe(Effect.provide(collectorClient), Effect.provide(keeping([]))))

it.scoped("a batch counts as waiting until it is given up, also between its retries", () =>
  Effect.gen(function*() {
    const paths = yield* answering(500)
    const client = yield* HttpClient.HttpClient
    const send = Effect.flip(client.execute(HttpClientRequest.post(url)))
    const waiting = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.fork(send))
    yield* TestClock.adjust("500 millis")
    assert.lengthOf(paths, 8)
    assert.include((yield* send).message, "too many requests wait for an answer")
    yield* TestClock.adjust("3 seconds")
    for (const error of yield* Fiber.join(Fiber.all(waiting))) assert.include(error.message, "non 2xx")
    assert.lengthOf(paths, 4 * 8)
    const next = yield* Effect.fork(send)
    yield* TestClock.adjust("3 seconds")
    assert.include((yield* Fiber.join(next)).message, "non 2xx")
  }).pipe(Effect.provide(collectorClient), Effect.provide(keeping([]))))

it.scoped("a collector that asks for an hour's pause is asked again after a minute", () =>
  Effect.gen(function*() {
    const paths = yield* answering(429, { "retry-after": "3600" })
    const logs = () => paths.filter((path) => path === "/v1/logs").length
    yield* Effect.gen(function*() {
      yield* Effect.log("one")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(logs(), 1)
      yield* TestClock.adjust("55 seconds")
      assert.strictEqual(logs(), 1)
      yield* TestClock.adjust("5 seconds")
      yield* Effect.log("two")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(logs(), 2)
    }).pipe(Effect.provide(otlp(settingsFor(url), { showErrors: false })))
  }).pipe(Effect.provide(keeping([]))))
