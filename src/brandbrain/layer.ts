import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Layer, Option } from "effect"
import * as ApifyActorPlatform from "./ApifyActorPlatform.ts"
import * as ApifyRuns from "./ApifyRuns.ts"
import * as Config from "./BrandBrainConfig.ts"
import { BrandBrainConfig } from "./BrandBrainConfig.ts"
import * as Brands from "./Brands.ts"
import * as CompileRuns from "./CompileRuns.ts"
import * as Evidence from "./Evidence.ts"
import * as Migration from "./migrate.ts"
import * as RandomId from "./RandomId.ts"
import * as RecordedActorPlatform from "./RecordedActorPlatform.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Sources from "./Sources.ts"
import * as Synthesizer from "./Synthesizer.ts"

/** The real actor platform when there is a token for it, else the recorded one. */
const actorPlatform = Layer.unwrapEffect(
  Effect.map(BrandBrainConfig, ({ apifyToken }) =>
    Option.isSome(apifyToken)
      ? Layer.provide(ApifyActorPlatform.layer, FetchHttpClient.layer)
      : RecordedActorPlatform.layer())
)

/** The app's own tables, migrated first. */
const tables = Layer.mergeAll(
  Brands.layer,
  Sources.layer,
  ApifyRuns.layer,
  Evidence.layer,
  CompileRuns.layer,
  Snapshots.layer
).pipe(Layer.provide(Migration.layer))

/** All of BrandBrain but the jobs, configured by the environment, on the app's database. */
export const layer = Layer.mergeAll(tables, actorPlatform, RandomId.layer, Synthesizer.layerByRule).pipe(
  Layer.provideMerge(Config.layer)
)
