import { Effect, Layer } from "effect"
import * as BrandBrain from "../brandbrain/layer.ts"
import { existing } from "../cli/existingDatabase.ts"
import { settings } from "../cli/settings.ts"
import { storeOf } from "../cli/storeOf.ts"
import { typed } from "../cli/typed.ts"
import { JobQueue } from "../index.ts"
import { Gauges } from "../telemetry.ts"

const Database = Layer.unwrapEffect(Effect.map(settings, (configured) => storeOf(configured)))

const hint = `Make one with the sample brand: ${typed("brandbrain", "seed")}`

/** BrandBrain and its jobs, in the database that the environment names. */
export const App = BrandBrain.layer.pipe(Layer.provideMerge(JobQueue.layer), Layer.provideMerge(Database))

/** The same, watched for those who read gauges. */
export const WatchedApp = BrandBrain.layer.pipe(
  Layer.provideMerge(JobQueue.layer),
  Layer.provideMerge(Gauges.layer),
  Layer.provideMerge(Database)
)

/** The same, unless the database is missing: then it fails and makes none. */
export const ExistingApp = Layer.unwrapEffect(
  Effect.as(Effect.flatMap(settings, ({ database }) => existing(database, hint)), App)
)

/** The same, to be read only: it leaves the database as it is. One in memory is new, so its tables are made. */
export const ReadOnlyApp = Layer.unwrapEffect(
  Effect.gen(function*() {
    const configured = yield* settings
    const { database } = configured
    yield* existing(database, hint)
    if (database.database === "sqlite" && database.filename === ":memory:") return App
    return BrandBrain.layerReading.pipe(
      Layer.provideMerge(JobQueue.layer),
      Layer.provideMerge(storeOf(configured, { readonly: true }))
    )
  })
)
