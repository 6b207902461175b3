import { HttpServerRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { EventEmitter } from "node:events"
import type { ServerResponse } from "node:http"
import { createServer } from "node:http"
import { endRequests, waitForTurn } from "../../../src/program/server/openRequests.ts"
import { givingWayOnceAfter, settled } from "../../runtime/harness.ts"

/** Runs it as often as it has operations, each time with something that happens before another one of them. */
const ends = (run: () => readonly [meanwhile: () => void, effect: Effect.Effect<unknown>]) =>
  Effect.gen(function*() {
    for (let operations = 0; operations < 80; operations++) {
      const [meanwhile, effect] = run()
      const fiber = yield* Effect.fork(Effect.withScheduler(effect, givingWayOnceAfter(operations, meanwhile)))
      yield* settled
      meanwhile()
      yield* settled
      assert.isNotNull(fiber.unsafePoll(), `after ${operations} operations`)
    }
  })

describe("a request", () => {
  it.effect("hears that its turn has come whenever that is", () =>
    ends(() => {
      const response: EventEmitter & { socket: unknown } = Object.assign(new EventEmitter(), { socket: null })
      const comes = () => {
        if (response.socket !== null) return
        response.socket = {}
        response.emit("socket")
      }
      const request = { response } as unknown as HttpServerRequest.HttpServerRequest
      return [comes, Effect.provideService(waitForTurn, HttpServerRequest.HttpServerRequest, request)]
    }))
})

describe("the end of the server", () => {
  it.effect("hears of each answer that was sent, whenever that is", () =>
    ends(() => {
      const responses = [1, 2].map(() => new EventEmitter() as unknown as ServerResponse)
      const open = new Set(responses)
      const sent = () => {
        const [one] = open
        if (one === undefined) return
        open.delete(one)
        one.emit("close")
        sent()
      }
      return [sent, endRequests(createServer(), open, { grace: Duration.infinity })]
    }))
})
