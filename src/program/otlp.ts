import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpResource from "@effect/opentelemetry/OtlpResource"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import { Duration, Layer, Redacted } from "effect"
import { hostname } from "node:os"
import type { OtlpSettings } from "../cli/otlpSettings.ts"
import { collectorClient } from "./otlpClient.ts"
import { otlpSerialization } from "./otlpSerialization.ts"
import { version } from "../platform/version.ts"

/** The longest that a shutdown sends spans, metrics and lines, all at the same time. The rest is dropped. */
const lastSendMayTake = Duration.seconds(2)

/** Milliseconds between two sends of each signal. */
export interface Intervals {
  readonly traces: number
  readonly metrics: number
  readonly logs: number
}

const intervals: Intervals = { traces: 5000, metrics: 10_000, logs: 1000 }

/**
 * Sends spans, metrics and log lines to a collector while the layer lives, and the
 * rest as it ends. A collector that is down or refuses costs a warning and the batch.
 * It neither fails nor delays the worker. Without `showErrors`, spans have the names
 * of errors and not their texts.
 */
export const otlp = (
  { endpoint, headers, protocol, resource }: OtlpSettings,
  options: { readonly showErrors: boolean; readonly intervals?: Intervals }
): Layer.Layer<never> => {
  const { logs, metrics, traces } = options.intervals ?? intervals
  const described = describe(resource)
  const to = (signal: string, exportInterval: number) => ({
    url: `${endpoint}/v1/${signal}`,
    headers: Redacted.value(headers),
    // The exporter's own resource reads the environment again. The serialization replaces it.
    resource: { serviceName: "holdfast" },
    exportInterval,
    shutdownTimeout: lastSendMayTake
  })
  return Layer.mergeAll(
    OtlpLogger.layer(to("logs", logs)),
    OtlpMetrics.layer(to("metrics", metrics)),
    OtlpTracer.layer(to("traces", traces))
  ).pipe(
    Layer.provide(otlpSerialization({ protocol, resource: described, showErrors: options.showErrors })),
    Layer.provide(collectorClient)
  )
}

/** Identifies this process; values from the environment win. */
const describe = ({ "service.name": serviceName = "holdfast", ...others }: OtlpSettings["resource"]) =>
  OtlpResource.make({
    serviceName,
    attributes: {
      "service.version": version,
      "service.instance.id": `${hostname()}-${process.pid}`,
      "host.name": hostname(),
      ...others
    }
  })
