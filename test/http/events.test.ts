import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, PubSub, Queue, Stream, TestClock } from "effect"
import type { Layer, Scope } from "effect"
import { connect } from "node:net"
import { kept } from "../../src/http/feed/EventFeed.ts"
import { JobEvent, JobId, JobQueue } from "../../src/index.ts"
import { layerMemory } from "../../src/testing.ts"
import { Mail } from "./jobs.ts"
import { begin, running, serving, tokens } from "./serving.ts"

interface Message {
  readonly id: string
  readonly event: string | undefined
  readonly data: unknown
}

/** Reads an answer that does not end, as a page does. */
const reading = (port: number, headers: Readonly<Record<string, string>> = {}, query = "") =>
  Effect.gen(function*() {
    const response = yield* begin(port, "GET", `/holdfast/api/events${query}`, { token: tokens.read, headers })
    const messages = yield* Queue.unbounded<Message>()
    const ended = new Promise<"ended" | "cut">((resolve) => {
      response.on("end", () => resolve("ended"))
      response.on("close", () => resolve("cut"))
    })
    let text = ""
    response.setEncoding("utf8").on("error", () => {}).on("data", (chunk: string) => {
      text += chunk
      const parts = text.split("\n\n")
      text = parts.pop() ?? ""
      for (const part of parts) messages.unsafeOffer(messageOf(part))
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => response.destroy()))
    // The first tells the place, so that the reader is known to be in it.
    const hello = yield* Queue.take(messages)
    const next = Effect.repeat(Queue.take(messages), { until: ({ event }) => event !== undefined })
    return { response, hello, next, all: Queue.takeAll(messages), ended: Effect.promise(() => ended) }
  })

const messageOf = (part: string): Message => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1]
  const data = field("data")
  return { id: field("id") ?? "", event: field("event"), data: data === undefined ? undefined : JSON.parse(data) }
}

const live = <A, E>(name: string, effect: Effect.Effect<A, E, Layer.Layer.Success<typeof layerMemory> | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(effect, layerMemory))

describe("the events", () => {
  live(
    "are told as they happen, each once, in order, and without payloads",
    Effect.gen(function*() {
      const at = 1_700_000_000_000
      const { port } = yield* Effect.withClock(serving(), clockAt(at))
      const { hello, next, response } = yield* reading(port)
      assert.deepInclude(response.headers, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store"
      })
      const { id } = yield* JobQueue.enqueue(Mail, { to: "s3nt1nel" })
      const [claimed] = yield* JobQueue.claim({ jobs: [Mail], worker: "a-worker" })
      assert(claimed)
      yield* JobQueue.fail(claimed.lease, new TypeError("s3nt1nel"))
      yield* JobQueue.edit(id, { delay: "1 hour" })
      yield* JobQueue.cancel(id)
      yield* JobQueue.delete(id)
      const told = [yield* next, yield* next, yield* next, yield* next, yield* next, yield* next]
      const { waited } = { waited: 0, ...told[1]?.data as object }
      const facts = { jobId: id, kind: "mail.send", attempt: 1, worker: "a-worker" }
      assert.deepStrictEqual(told.map(({ data, event }) => [event, data]), [
        ["Enqueued", { at, kind: "mail.send", jobIds: [id], count: 1 }],
        ["Claimed", { at, ...facts, queue: "default", failures: 0, waited }],
        ["Settled", { at, ...facts, ended: "retrying", failedWith: "TypeError", retryIn: 60_000, took: null }],
        ["Edited", { at, jobId: id }],
        ["CancelRequested", { at, jobId: id, status: "cancelled" }],
        ["Deleted", { at, jobId: id, status: "cancelled" }]
      ])
      const place = ({ id }: Message) => Number(id.split("-")[1])
      assert.deepStrictEqual(told.map(place), told.map((_, index) => place(hello) + index + 1))
      assert.notInclude(JSON.stringify(told), "s3nt1nel")
    })
  )

  it.scoped("are told to readers that see no answer from before them", () =>
    Effect.gen(function*() {
      const { ask, port } = yield* serving()
      const { next } = yield* reading(port)
      const listed = Effect.map(
        ask("GET", "/jobs", { token: tokens.read }),
        ({ body }) => (body as { jobs: ReadonlyArray<unknown> }).jobs.length
      )
      const turns = Effect.repeatN(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), 20)
      yield* JobQueue.enqueue(Mail, { to: "ada" })
      yield* turns
      yield* TestClock.adjust(450)
      assert.strictEqual(yield* listed, 1)
      yield* JobQueue.enqueue(Mail, { to: "ada" })
      yield* turns
      yield* TestClock.adjust(50)
      yield* next
      yield* next
      assert.strictEqual(yield* listed, 2)
    }).pipe(Effect.provide(layerMemory)))

  live(
    "go on behind the last that was read before a cut, by header or query, and none is told twice",
    Effect.gen(function*() {
      const { port } = yield* serving()
      const first = yield* reading(port)
      const ids: Array<string> = []
      const enqueue = Effect.map(JobQueue.enqueue(Mail, { to: "ada" }), ({ id }) => void ids.push(id))
      yield* enqueue
      const seen = yield* first.next
      first.response.destroy()
      yield* enqueue
      yield* enqueue
      for (const [headers, query] of [[{ "last-event-id": seen.id }, ""], [{}, `?after=${seen.id}`]] as const) {
        const again = yield* reading(port, headers, query)
        assert.strictEqual(again.hello.id, seen.id)
        const rest = [yield* again.next, yield* again.next]
        assert.deepStrictEqual(
          rest.map(({ data, event }) => [event, (data as { jobIds: ReadonlyArray<string> }).jobIds]),
          ids.slice(1).map((id) => ["Enqueued", [id]])
        )
      }
      // One that has read nothing goes on from where it came in.
      const idle = yield* reading(port)
      idle.response.destroy()
      yield* enqueue
      const back = yield* reading(port, { "last-event-id": idle.hello.id })
      assert.deepInclude(yield* back.next, { event: "Enqueued" })
    })
  )

  for (
    const [whose, id] of [["another server", "0123456789abcdef-7"], ["nobody", "7"], ["the future", undefined]] as const
  ) {
    live(
      `tell of a gap where the last that was read is of ${whose}`,
      Effect.gen(function*() {
        const { port } = yield* serving()
        const { hello } = yield* reading(port)
        const again = yield* reading(port, { "last-event-id": id ?? hello.id.replace(/-.*/, "-99") })
        const missed = yield* again.next
        assert.deepStrictEqual(missed, { id: hello.id, event: "missed", data: {} })
      })
    )
  }

  live(
    "tell of a gap where more happened than is kept, and go on behind it",
    Effect.gen(function*() {
      const hub = yield* PubSub.unbounded<JobEvent>()
      const queue = { ...yield* JobQueue, events: Stream.fromPubSub(hub) }
      const { port } = yield* Effect.provideService(serving(), JobQueue, queue)
      const jobId = (number: number) => JobId.make(`00000000-0000-7000-8000-${String(number).padStart(12, "0")}`)
      const first = yield* reading(port)
      yield* PubSub.publish(hub, JobEvent.Retried({ jobId: jobId(0) }))
      const seen = yield* first.next
      first.response.destroy()
      const watch = yield* reading(port)
      yield* PubSub.publishAll(
        hub,
        Array.from({ length: kept + 1 }, (_, n) => JobEvent.Edited({ jobId: jobId(n + 1) }))
      )
      const isLast = ({ data }: Message) => JSON.stringify(data).includes(jobId(kept + 1))
      yield* Effect.repeat(watch.next, { until: isLast })
      const again = yield* reading(port, { "last-event-id": seen.id })
      const told: Array<Message> = []
      yield* again.next.pipe(
        Effect.tap((message) => Effect.sync(() => void told.push(message))),
        Effect.repeat({ until: isLast })
      )
      assert.deepInclude(told[0], { event: "missed", data: {} })
      assert.deepStrictEqual(
        told.slice(1).map(({ data }) => ({ ...data as object, at: 5 })),
        Array.from({ length: kept }, (_, n) => ({ at: 5, jobId: jobId(n + 2) }))
      )
      // Whoever is cut off right behind the gap misses nothing more.
      const [gap, behind] = told.map(({ id }) => Number(id.split("-")[1]))
      assert.strictEqual(behind, Number(gap) + 1)
    })
  )

  live(
    "do not name an error where all data is hidden",
    Effect.gen(function*() {
      const { port } = yield* serving({ hidePayloads: true })
      const { next } = yield* reading(port)
      yield* JobQueue.enqueue(Mail, { to: "ada" })
      const [claimed] = yield* JobQueue.claim({ jobs: [Mail], worker: "a-worker" })
      assert(claimed)
      const error = new TypeError("s3nt1nel")
      error.name = "s3nt1nel"
      yield* JobQueue.fail(claimed.lease, error)
      const settled = yield* Effect.repeat(next, { until: ({ event }) => event === "Settled" })
      assert.deepInclude(settled.data, { ended: "retrying", failedWith: null })
      assert.notInclude(JSON.stringify(settled), "s3nt1nel")
    })
  )

  live(
    "show at most a hundred ids of one call, and how many there were",
    Effect.gen(function*() {
      const { port } = yield* serving()
      const { next } = yield* reading(port)
      yield* JobQueue.enqueueMany(Mail, Array.from({ length: 150 }, () => ({ payload: { to: "ada" } })))
      const { data } = yield* next
      assert.deepInclude(data, { count: 150 })
      assert.strictEqual((data as { jobIds: ReadonlyArray<string> }).jobIds.length, 100)
    })
  )
})

describe("the readers of events", () => {
  live(
    "are so many and no more, and one that leaves makes room",
    Effect.gen(function*() {
      const { ask, openRequests, port } = yield* serving({ eventClients: 2 })
      const first = yield* reading(port)
      yield* reading(port)
      const full = yield* ask("GET", "/events", { token: tokens.read })
      assert.deepStrictEqual([full.status, full.body], [429, { error: "too_many_clients", limit: 2 }])
      first.response.destroy()
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve))).pipe(
        Effect.repeat({ until: () => openRequests() === 1 })
      )
      // The place is free once the request's fiber has ended, which is a few turns later.
      yield* Effect.repeat(ask("HEAD", "/events", { token: tokens.read }), { until: ({ status }) => status === 200 })
      yield* reading(port)
    })
  )

  it.scoped("hear that the server is still there", () =>
    Effect.gen(function*() {
      const { port } = yield* serving()
      const { response } = yield* reading(port)
      const said = new Promise<string>((resolve) => response.on("data", (text: string) => resolve(text)))
      const hearing = yield* Effect.fork(Effect.promise(() => said))
      yield* Effect.repeat(turnAfter("5 seconds"), { until: () => hearing.unsafePoll() !== null })
      assert.strictEqual(yield* Fiber.join(hearing), ": still here\n\n")
    }).pipe(Effect.provide(layerMemory)))

  it.scoped("are told of the end, which waits for none of them", () =>
    Effect.gen(function*() {
      const { end, port } = yield* running()
      const { ended } = yield* reading(port)
      const ending = yield* Effect.fork(end)
      assert.strictEqual(yield* ended, "ended")
      // Far less than the grace.
      let turns = 0
      yield* Effect.repeat(turnAfter("20 millis"), { until: () => ending.unsafePoll() !== null || ++turns > 100 })
      assert.isNotNull(ending.unsafePoll())
      yield* Fiber.join(ending)
    }).pipe(Effect.provide(layerMemory)))

  for (
    const [what, isRead] of [["that take nothing for half a minute are cut off", false], [
      "that read are not",
      true
    ]] as const
  ) {
    it.scoped(what, () =>
      Effect.gen(function*() {
        const hub = yield* PubSub.unbounded<JobEvent>()
        const queue = yield* JobQueue
        const events = Stream.fromPubSub(hub)
        const { ask, port } = yield* Effect.provideService(serving({ eventClients: 1 }), JobQueue, { ...queue, events })
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            const request =
              `GET /holdfast/api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.read}\r\n\r\n`
            const socket = connect(port, "127.0.0.1", () => socket.write(request)).on("error", () => {})
            return isRead ? socket.resume() : socket.pause()
          }),
          (socket) => Effect.sync(() => socket.destroy())
        )
        const isTaken = Effect.map(ask("HEAD", "/events", { token: tokens.read }), ({ status }) => status === 429)
        yield* Effect.repeat(isTaken, { until: (taken) => taken })

        const jobIds = Array.from({ length: 100 }, () => JobId.make("00000000-0000-7000-8000-000000000000"))
        const event = JobEvent.Enqueued({ kind: "k".repeat(255), jobIds })
        // The system takes some megabytes for a reader before it takes no more.
        const rounds = yield* Effect.iterate(0, {
          while: (round) => round < 60,
          body: (round) =>
            PubSub.publishAll(hub, Array<JobEvent>(isRead ? 8 : kept).fill(event)).pipe(
              Effect.zipRight(turnAfter("1 second")),
              Effect.zipRight(isTaken),
              Effect.map((taken) => taken ? round + 1 : Infinity)
            )
        })
        assert.strictEqual(rounds, isRead ? 60 : Infinity)
      }).pipe(Effect.provide(layerMemory)), 60_000)
  }
})

/** A clock whose time stands still. */
const clockAt = (at: number): Clock.Clock =>
  Object.create(Clock.make(), { currentTimeMillis: { value: Effect.succeed(at) } }) as Clock.Clock

/** Moves the clock, and lets sockets have their turn. */
const turnAfter = (span: Parameters<typeof TestClock.adjust>[0]) =>
  Effect.zipRight(
    TestClock.adjust(span),
    Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
  )
