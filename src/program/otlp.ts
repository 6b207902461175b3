import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpResource from "@effect/opentelemetry/OtlpResource"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import { Duration, Layer, Redacted } from "effect"
import { hostname } from "node:os"
import type { OtlpSettings } from "../cli/otlpSettings.ts"
import { collectorClient } from "./otlpClient.ts"
import { otlpSerialization } from "./otlpSerialization.ts"
import { version } from "./version.ts"

/** In a shutdown, what is left is sent for so long, spans, metrics and lines at the same time. Then it is dropped. */
const lastSendMayTake = Duration.seconds(2)

/** How often each signal is sent. */
export interface Intervals {
  readonly traces: number
  readonly metrics: number
  readonly logs: number
}

const intervals: Intervals = { traces: 5000, metrics: 10_000, logs: 1000 }

/**
 * Sends spans, metrics and log lines to a collector for as long as the layer lives,
 * and what is left as it ends. A collector that is away or refuses costs a warning
 * and what it was to get; it neither fails nor holds up anything. Without
 * `showErrors`, spans show the names of errors and not their texts.
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
    // Theirs reads the environment again; the serialization puts ours in its place.
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

/** What tells this process's series from those of another; of what the environment says, nothing is replaced. */
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
