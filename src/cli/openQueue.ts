import { Effect, Layer } from "effect"
import { InvalidOption, JobQueue } from "../index.ts"
import type { DatabaseUrl } from "../store/databaseUrl.ts"
import { existing } from "./existingDatabase.ts"
import { settings } from "./settings.ts"
import { storeOf } from "./storeOf.ts"
import { typedHoldfast } from "./typed.ts"

/** The settings, unless their database is one in memory, which no command finds again. */
export const lastingSettings = Effect.tap(settings, ({ database }) => refuseInMemory(database))

const refuseInMemory = (named: DatabaseUrl) =>
  named.database === "sqlite" && named.filename === ":memory:"
    ? new InvalidOption({
      option: "DATABASE_URL",
      given: "sqlite::memory:",
      allowed: "a database that is there when the command has ended, such as sqlite:<path of a file>"
    })
    : Effect.void

const existingSettings = Effect.tap(
  lastingSettings,
  ({ database }) => Effect.flatMap(typedHoldfast("migrate"), (line) => existing(database, `Make one: ${line}`))
)

/** The queue in the database that the environment names, for a command that only reads. It changes nothing there. */
export const queueToRead = Layer.unwrapEffect(
  Effect.map(existingSettings, (configured) => Layer.provide(JobQueue.layer, storeOf(configured, { readonly: true })))
)

/** The same for a command that changes jobs. It makes no tables and migrates none. */
export const queueToChange = Layer.unwrapEffect(Effect.gen(function*() {
  const configured = yield* existingSettings
  // A store that is opened to write migrates, and workers of an older release would end.
  yield* Effect.scoped(Layer.build(storeOf(configured, { readonly: true })))
  return Layer.provide(JobQueue.layer, storeOf(configured))
}))
