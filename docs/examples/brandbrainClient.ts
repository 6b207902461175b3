import { FetchHttpClient } from "@effect/platform"
import { Effect, Redacted, Schedule } from "effect"
import { client } from "../../src/brandbrain/http/api/client.ts"

const api = client({ baseUrl: "http://127.0.0.1:3000", token: Redacted.make("my-token") })

const compile = (brand: string) =>
  Effect.gen(function*() {
    const { compiles, snapshots } = yield* api
    const { compile_run_id: run } = yield* compiles.request({ path: { brand }, payload: {} })
    yield* compiles.status({ path: { brand, run } }).pipe(
      Effect.repeat({
        schedule: Schedule.spaced("5 seconds"),
        while: ({ status }) => status === "PENDING" || status === "RUNNING"
      })
    )
    return yield* snapshots.latest({ path: { brand }, urlParams: {} })
  })

/** Prints what the brand was found to be, or what stands in the way of finding out. */
export const program = compile("quillhaven").pipe(
  Effect.andThen(({ snapshot_json }) => Effect.log(snapshot_json.positioning)),
  Effect.catchTag("cannot_compile", ({ errors }) => Effect.logError("Not ready", errors)),
  Effect.timeout("10 minutes"),
  Effect.provide(FetchHttpClient.layer)
)
