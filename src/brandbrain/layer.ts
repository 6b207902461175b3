import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Layer, Option } from "effect"
import * as ApifyActorPlatform from "./actors/ApifyActorPlatform.ts"
import * as RecordedActorPlatform from "./actors/RecordedActorPlatform.ts"
import * as SqlBrands from "./brands/SqlBrands.ts"
import * as SqlSources from "./brands/SqlSources.ts"
import * as SqlCompileRuns from "./compile/SqlCompileRuns.ts"
import * as Config from "./config/BrandBrainConfig.ts"
import { BrandBrainConfig } from "./config/BrandBrainConfig.ts"
import * as SqlEvidence from "./evidence/SqlEvidence.ts"
import * as SqlApifyRuns from "./gather/SqlApifyRuns.ts"
import * as ModelConfig from "./model/ModelConfig.ts"
import * as ModelSynthesizer from "./model/ModelSynthesizer.ts"
import * as SqlSnapshots from "./snapshots/SqlSnapshots.ts"
import * as Migration from "./storage/migrate.ts"
import * as RandomId from "./storage/RandomId.ts"

/** The real actor platform if APIFY_TOKEN is set, or else the recorded one. */
const actorPlatform = Layer.unwrapEffect(
  Effect.map(BrandBrainConfig, ({ apifyToken }) =>
    Option.isSome(apifyToken)
      ? Layer.provide(ApifyActorPlatform.layer, FetchHttpClient.layer)
      : RecordedActorPlatform.layer())
)

/** A model writes drafts if MODEL_API_KEY is set, or else the rules alone. */
const synthesizer = ModelSynthesizer.layer.pipe(Layer.provide([ModelConfig.layer, FetchHttpClient.layer]))

/** The services on the app's own tables. */
const tables = Layer.mergeAll(
  SqlBrands.layer,
  SqlSources.layer,
  SqlApifyRuns.layer,
  SqlEvidence.layer,
  SqlCompileRuns.layer,
  SqlSnapshots.layer
)

const on = <E, R>(migrated: Layer.Layer<never, E, R>) =>
  Layer.mergeAll(Layer.provide(tables, migrated), actorPlatform, RandomId.layer, synthesizer).pipe(
    Layer.provideMerge(Config.layer)
  )

/** All of BrandBrain except its job, configured by the environment, on the app's database, which is migrated first. */
export const layer = on(Migration.layer)

/** The same on a database that is only read. A database older than this program is refused. */
export const layerReading = on(Migration.layerChecked)
