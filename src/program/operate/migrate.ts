import { Effect, Layer } from "effect"
import { answer } from "../../cli/answer.ts"
import { exists } from "../../cli/existingDatabase.ts"
import { lastingSettings } from "../../cli/openQueue.ts"
import { storeOf, tablesVersionOf } from "../../cli/storeOf.ts"
import { nameOf } from "../../store/databaseUrl.ts"

/** Makes the tables, or brings them up to date, as a worker does when it starts, and prints their version. */
export const migrate = (json: boolean) =>
  Effect.gen(function*() {
    const settings = yield* lastingSettings
    const before = (yield* exists(settings.database)) ? yield* tablesVersionOf(settings) : 0
    yield* Effect.scoped(Layer.build(storeOf(settings)))
    const version = yield* tablesVersionOf(settings)
    const database = nameOf(settings.database)
    yield* answer(json, { database, before, version }, () =>
      before === 0
        ? `Made the tables in ${database}: version ${version}`
        : before === version
        ? `The tables in ${database} are up to date: version ${version}`
        : `Brought the tables in ${database} from version ${before} to ${version}`)
  })
