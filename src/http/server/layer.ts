import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import { Effect, Layer } from "effect"
import type { InvalidOption, JobQueue } from "../../index.ts"
import { make } from "./make.ts"
import type { Options } from "./options.ts"

/** Adds the page and the API under their prefix, and the probes, to the routes of an app's `HttpLayerRouter`. */
export const layer = (
  options: Options
): Layer.Layer<never, InvalidOption, HttpLayerRouter.HttpRouter | JobQueue> =>
  Layer.scopedDiscard(Effect.gen(function*() {
    const router = yield* HttpLayerRouter.HttpRouter
    const { app, prefix, probes } = yield* make(options)
    yield* router.add("*", asPath(prefix), app)
    yield* router.add("*", asPath(`${prefix}/*`), app)
    for (const [path, probe] of probes) yield* router.add("*", asPath(path), probe)
  }))

const asPath = (path: string) => path as `/${string}`
