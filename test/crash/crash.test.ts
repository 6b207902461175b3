import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { JobQueue } from "../../src/index.ts"
import { Hold } from "./jobs.ts"
import { inSharedFolder, queueOn, untilFinished } from "./sharedQueue.ts"
import { noNamespace, pidsOf, sharedFolder, startFirstProcess, startWorker } from "./workerProcesses.ts"

it.live("two worker processes on one file never run a job at once, over a thousand jobs", () =>
  inSharedFolder({
    leaseFor: "10 seconds",
    heartbeat: "1 seconds",
    concurrency: 10,
    grace: "5 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const enqueued = yield* JobQueue.enqueueMany(
        Hold,
        Array.from({ length: 1000 }, (_, n) => ({ payload: { n, millis: n % 5, stubborn: false } }))
      )
      const workers = yield* Effect.all([startWorker(settings), startWorker(settings)])
      const jobs = yield* untilFinished(enqueued.map(({ id }) => id))
      for (const worker of workers) {
        yield* worker.kill("SIGTERM")
        assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
      }
      const said = workers.flatMap((worker) => worker.said)
      assert.isTrue(jobs.every((job) => job.status === "succeeded" && job.attempts === 1))
      assert.strictEqual(said.filter((line) => line.startsWith("running ")).length, 1000)
      assert.deepStrictEqual(said.filter((line) => line.startsWith("overlap ")), [])
      // Both took part, or the test would have shown nothing.
      assert.isTrue(workers.every((worker) => worker.said.some((line) => line.startsWith("done "))))
    })))

it.live("a job whose worker process is killed in the middle is finished by another after its lease", () =>
  inSharedFolder({
    leaseFor: "2 seconds",
    heartbeat: "400 millis",
    concurrency: 1,
    grace: "5 seconds",
    // Another would hear of its death at once.
    presence: false
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 1500, stubborn: false })
      const killed = yield* startWorker(settings)
      yield* killed.says("running 1")
      const held = yield* JobQueue.get(id)
      yield* killed.kill("SIGKILL")
      assert.strictEqual((yield* killed.ended).signal, "SIGKILL")
      // The dead worker's folder is what it leaves behind, as a crash does.
      assert.deepStrictEqual(readdirSync(settings.locks), [id])

      const other = yield* startWorker(settings)
      yield* other.says("done 1 2")
      const [job] = yield* untilFinished([id])
      assert.strictEqual(job?.status, "succeeded")
      assert.strictEqual(job?.attempts, 2)
      assert.strictEqual(job?.failures, 1)
      assert.match(
        job?.lastError ?? "",
        new RegExp(`^Released from stale lock \\(was locked by ${held.lockedBy} since `)
      )
      assert.isAtLeast(job?.errors[0]?.at ?? 0, held.lockedUntil ?? Infinity)
    })))

it.live("a worker told to end hands its job back at once when the grace is over, and another runs it", () =>
  inSharedFolder({
    leaseFor: "60 seconds",
    heartbeat: "10 seconds",
    concurrency: 1,
    grace: "0 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 60_000, stubborn: false })
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
        const worker = yield* startWorker(settings)
        yield* worker.says("running 1")
        yield* worker.kill(signal)
        assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
        assert.strictEqual(worker.said.at(-1), "interrupted 1")
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, "pending")
        assert.strictEqual(job.failures, 0)
      }
      assert.strictEqual((yield* JobQueue.get(id)).attempts, 3)
    })))

it.live("a running job may end within the grace, and is settled as usual", () =>
  inSharedFolder({
    leaseFor: "60 seconds",
    heartbeat: "10 seconds",
    concurrency: 1,
    grace: "20 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 800, stubborn: false })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      yield* worker.kill("SIGTERM")
      assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    })))

it.live("a process whose handler refuses to stop exits with 1, five seconds after its grace", () =>
  inSharedFolder({
    leaseFor: "60 seconds",
    heartbeat: "10 seconds",
    concurrency: 1,
    grace: "100 millis"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 600_000, stubborn: true })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      yield* worker.kill("SIGTERM")
      assert.deepStrictEqual(yield* worker.ended, { code: 1, signal: null })
      assert.isTrue(worker.complained.some((line) => line.includes("left behind") && line.includes(id)))
      // It was never handed back, since its fiber never ended: it waits for its lease to run out.
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
    })))

it.live("a process gives up its jobs and ends, four seconds after its grace, while another holds the database", () =>
  inSharedFolder({
    leaseFor: "60 seconds",
    heartbeat: "10 seconds",
    concurrency: 1,
    grace: "100 millis"
  }, (settings) =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Hold, { n: 1, millis: 600_000, stubborn: false })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      const sql = yield* SqlClient.SqlClient
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`CREATE TABLE in_the_way (id INTEGER)`
        yield* worker.kill("SIGTERM")
        // By itself with 0, unless the machine keeps it from that for the second until its hard end.
        assert.isNull((yield* worker.ended).signal)
        assert.include(worker.complained.join("\n"), "Settling was given up; the lease will run out")
      }))
    })))

it.live("a process that is killed while it drains has held its job for half a minute, and not for its lease", () =>
  inSharedFolder({
    leaseFor: "600 seconds",
    heartbeat: "30 seconds",
    concurrency: 1,
    grace: "60 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 60_000, stubborn: false })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      yield* worker.kill("SIGTERM")
      const leaseFor = Effect.map(JobQueue.get(id), (job) => (job.lockedUntil ?? 0) - (job.lockedAt ?? 0))
      yield* leaseFor.pipe(Effect.delay("50 millis"), Effect.repeat({ until: (millis) => millis < 600_000 }))
      yield* worker.kill("SIGKILL")
      yield* worker.ended
      assert.strictEqual(yield* leaseFor, 30_000)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
    })))

it.live("a second signal hands back at once", () =>
  inSharedFolder({
    leaseFor: "600 seconds",
    heartbeat: "30 seconds",
    concurrency: 1,
    grace: "60 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 60_000, stubborn: false })
      for (const [first, second] of [["SIGINT", "SIGINT"], ["SIGTERM", "SIGHUP"], ["SIGHUP", "SIGTERM"]] as const) {
        const worker = yield* startWorker(settings)
        yield* worker.says("running 1")
        yield* worker.kill(first)
        // A second signal that comes too soon counts as the first again, so it is sent until one counts. A third would kill.
        yield* worker.kill(second).pipe(
          Effect.delay("600 millis"),
          Effect.repeat({ until: () => worker.complained.some((line) => line.includes(`Told to end again`)) })
        )
        assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
        assert.strictEqual(worker.said.at(-1), "interrupted 1")
        const job = yield* JobQueue.get(id)
        assert.deepStrictEqual([job.status, job.failures], ["pending", 0])
      }
    })))

it.live("a third signal kills, with an exit code, since not every process dies of a signal", () =>
  inSharedFolder({
    leaseFor: "600 seconds",
    heartbeat: "30 seconds",
    concurrency: 1,
    grace: "60 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 600_000, stubborn: true })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      yield* worker.kill("SIGINT").pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: () => worker.child.exitCode !== null })
      )
      assert.deepStrictEqual(yield* worker.ended, { code: 130, signal: null })
      assert.isTrue(worker.complained.some((line) => line.includes("left behind") && line.includes(id)))
    })))

it.live("a third signal ends a process also as the first of a container, which no signal kills by default", (test) => {
  const reason = noNamespace()
  if (reason !== "") {
    // Vitest does not print why.
    process.stderr.write(`Skipped: ${test.task.name}: ${reason}\n`)
    test.skip(reason)
  }
  return inSharedFolder({
    leaseFor: "600 seconds",
    heartbeat: "30 seconds",
    concurrency: 1,
    grace: "60 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Hold, { n: 1, millis: 600_000, stubborn: true })
      const worker = yield* startFirstProcess(settings)
      yield* worker.says("running 1")
      const [outside, inside] = pidsOf(worker)
      assert.strictEqual(inside, 1)
      // It may have ended just now.
      yield* Effect.ignore(Effect.try(() => process.kill(outside, "SIGINT"))).pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: () => worker.child.exitCode !== null || worker.child.signalCode !== null })
      )
      assert.deepStrictEqual(yield* worker.ended, { code: 130, signal: null })
    }))
})

it.live("a signal that a package runner passes on as another counts once", () =>
  inSharedFolder({
    leaseFor: "600 seconds",
    heartbeat: "30 seconds",
    concurrency: 1,
    grace: "60 seconds"
  }, (settings) =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 1500, stubborn: false })
      const worker = yield* startWorker(settings)
      yield* worker.says("running 1")
      for (const signal of ["SIGINT", "SIGINT", "SIGTERM", "SIGHUP"] as const) yield* worker.kill(signal)
      assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    })))

for (const crash of ["exception", "rejection"] as const) {
  it.live(`a process that dies of an unhandled ${crash} has held its job for 5 s more, and not handed it back`, () =>
    inSharedFolder({
      leaseFor: "600 seconds",
      heartbeat: "30 seconds",
      concurrency: 1,
      grace: "60 seconds"
    }, (settings) =>
      Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 60_000, stubborn: false, crash })
        const worker = yield* startWorker(settings)
        assert.deepStrictEqual(yield* worker.ended, { code: 1, signal: null })
        assert.include(worker.complained.join("\n"), `a crash by ${crash}`)
        const { failures, lockedAt, lockedUntil, status } = yield* JobQueue.get(id)
        assert.deepStrictEqual([status, failures], ["running", 0])
        assert.strictEqual((lockedUntil ?? 0) - (lockedAt ?? 0), 5000)
        assert.deepStrictEqual(worker.said.filter((line) => line.startsWith("interrupted")), [])

        // Another process has it about as soon as that is over, and not after ten minutes.
        const other = yield* startWorker({ ...settings, heartbeat: "1 seconds" })
        yield* other.says("running 1 2")
      })))
}

it.live("ten processes that start at once on no database all come up", () =>
  Effect.gen(function*() {
    const shared = yield* sharedFolder
    const settings = {
      ...shared,
      leaseFor: "60 seconds",
      heartbeat: "10 seconds",
      concurrency: 1,
      grace: "1 seconds"
    } as const
    const workers = yield* Effect.all(Array.from({ length: 10 }, () => startWorker(settings)), { concurrency: 10 })
    yield* Effect.forEach(workers, (worker) => worker.says("started"), { concurrency: 10 })
    yield* JobQueue.enqueueMany(
      Hold,
      Array.from({ length: 10 }, (_, n) => ({ payload: { n, millis: 300, stubborn: false } }))
    ).pipe(
      Effect.flatMap((enqueued) => untilFinished(enqueued.map(({ id }) => id))),
      Effect.provide(queueOn(shared.database))
    )
    for (const worker of workers) yield* worker.kill("SIGTERM")
    for (const worker of workers) assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
  }).pipe(Effect.scoped))
