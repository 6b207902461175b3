import * as Otlp from "@effect/opentelemetry/Otlp"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Layer } from "effect"
import { JobQueue } from "holdfast"
import { Store } from "holdfast/store"
import { Gauges, metricsContentType, metricsText } from "holdfast/telemetry"

// watches the store: put it between the store and what uses it
export const Jobs = JobQueue.layer.pipe(
  Layer.provideMerge(Gauges.layer),
  Layer.provideMerge(Store.fromUrl("sqlite:app.db"))
)

// sends spans, metrics and log lines to a collector; provide it to the whole app
export const Exported = Otlp.layerJson({
  baseUrl: "http://localhost:4318",
  resource: { serviceName: "app" },
  shutdownTimeout: "2 seconds"
}).pipe(Layer.provide(FetchHttpClient.layer))

// an exporter does not ask for the gauges, so this reads them every 10 s
export const Sampled = Gauges.sampling.pipe(Layer.provideMerge(Jobs))

// or: the answer to a scrape by Prometheus, which reads them when it is asked
export const page = Effect.map(metricsText, (body) => ({ body, headers: { "content-type": metricsContentType } }))
