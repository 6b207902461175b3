import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, makeGate, settled } from "./harness.ts"

const Task = Job.make("endingBeforeClaim.task", { payload: Schema.Void })

it.effect("a worker whose claim waits for the connection when it is told to end gives that up, and claims nothing", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const gate = yield* makeGate
    yield* StoreFaults.inject("claim", (call) => Effect.zipRight(gate.pass, call))
    const worker = yield* Effect.forkDaemon(Worker.run({ jobs: [Task], ...calm }))
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* gate.reached
    const other = yield* Effect.fork(sql.withTransaction(Effect.sleep("20 seconds")))
    yield* settled
    yield* gate.open
    yield* settled
    const ending = yield* Effect.fork(Fiber.interrupt(worker))
    // The deletion of its row waits for the connection, too, but not for long.
    yield* TestClock.adjust("500 millis")
    const ended = yield* Fiber.poll(ending)
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(other)
    assert.isTrue(Option.isSome(ended))
    assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

it.effect("a worker that was told to end before its claim is sent claims nothing, also when the connection is free", () =>
  Effect.gen(function*() {
    const gate = yield* makeGate
    yield* StoreFaults.inject("claim", (call) => Effect.zipRight(gate.pass, call))
    const worker = yield* Effect.forkDaemon(Worker.run({ jobs: [Task], ...calm }))
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* gate.reached
    const ending = yield* Effect.fork(Fiber.interrupt(worker))
    yield* settled
    yield* gate.open
    yield* settled
    assert.isTrue(Option.isSome(yield* Fiber.poll(ending)))
    assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))
