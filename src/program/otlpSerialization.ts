import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import type { KeyValue, Resource } from "@effect/opentelemetry/OtlpResource"
import { Effect, Layer } from "effect"
import type { Protocol } from "../cli/otlpSettings.ts"

/*
 * What is sent passes here last. The exporters of @effect/opentelemetry send errors
 * whole, mark every failed span as interrupted, and give every metric the unit 1,
 * of which a collector makes a part of its name.
 */

/** Encodes telemetry, with this resource, and without the texts of errors unless they may be shown. */
export const otlpSerialization = (options: {
  readonly protocol: Protocol
  readonly resource: Resource
  readonly showErrors: boolean
}): Layer.Layer<OtlpSerialization.OtlpSerialization> =>
  Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, ({ logs, metrics, traces }) => {
      const { resource, showErrors } = options
      return {
        traces: (data) =>
          traces({
            resourceSpans: (data as TraceData).resourceSpans.map(({ scopeSpans }) => ({
              resource,
              scopeSpans: scopeSpans.map(({ spans }) => ({ scope, spans: spans.map((span) => mend(span, showErrors)) }))
            }))
          }),
        metrics: (data) =>
          metrics({
            resourceMetrics: (data as MetricData).resourceMetrics.map(({ scopeMetrics }) => ({
              resource,
              scopeMetrics: scopeMetrics.map(({ metrics }) => ({
                scope,
                metrics: metrics.map((metric) => ({ ...metric, unit: unitOf(metric.name) }))
              }))
            }))
          }),
        logs: (data) =>
          logs({
            resourceLogs: (data as LogData).resourceLogs.map(({ scopeLogs }) => ({
              resource,
              scopeLogs: scopeLogs.map(({ logRecords }) => ({ scope, logRecords }))
            }))
          })
      }
    })
  ).pipe(Layer.provide(encodings[options.protocol]))

const encodings: Readonly<Record<Protocol, Layer.Layer<OtlpSerialization.OtlpSerialization>>> = {
  "http/json": OtlpSerialization.layerJson,
  "http/protobuf": OtlpSerialization.layerProtobuf
}

const scope = { name: "holdfast" }

interface Span {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: ReadonlyArray<KeyValue> }>
  readonly status: { readonly code: number; readonly message?: string }
}

interface TraceData {
  readonly resourceSpans: ReadonlyArray<{ readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }> }>
}

interface MetricData {
  readonly resourceMetrics: ReadonlyArray<{
    readonly scopeMetrics: ReadonlyArray<{ readonly metrics: ReadonlyArray<{ readonly name: string }> }>
  }>
}

interface LogData {
  readonly resourceLogs: ReadonlyArray<{
    readonly scopeLogs: ReadonlyArray<{ readonly logRecords: ReadonlyArray<unknown> }>
  }>
}

/** Of a failed span, the type of the error stays. Its text may quote what it failed on, as a log line does not either. */
const mend = <S extends Span>(span: S, showErrors: boolean): S => ({
  ...span,
  attributes: span.attributes.filter(({ key }) => !interruptedMarks.has(key)),
  ...(showErrors ? {} : {
    status: { code: span.status.code },
    events: span.events.map((event) => ({
      ...event,
      attributes: event.attributes.filter(({ key }) => !errorTexts.has(key))
    }))
  })
})

const interruptedMarks = new Set(["span.label", "status.interrupted"])

const errorTexts = new Set(["exception.message", "exception.stacktrace"])

/** The unit that a name ends in, as the conventions abbreviate it. A count has none. */
const unitOf = (name: string) => name.endsWith("_seconds") ? "s" : name.endsWith("_bytes") ? "By" : ""
