import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import type { KeyValue, Resource } from "@effect/opentelemetry/OtlpResource"
import { Effect, Layer } from "effect"
import type { Protocol } from "../cli/otlpSettings.ts"

/*
 * The last step before telemetry is sent. The exporters of @effect/opentelemetry send
 * errors whole, mark every failed span as interrupted, and give every metric the unit
 * 1, which a collector appends to its name. The spans of HTTP servers hold the query.
 */

/** Encodes telemetry with this resource, without queries of URLs, and without the texts of errors unless they may be shown. */
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

/** Drops the query of each URL, and keeps the type of a span's error but drops its text, which may quote a payload. */
const mend = <S extends Span>(span: S, showErrors: boolean): S => ({
  ...span,
  attributes: span.attributes.flatMap((attribute) =>
    dropped.has(attribute.key) ? [] : urls.has(attribute.key) ? [withoutQuery(attribute)] : [attribute]
  ),
  ...(showErrors ? {} : {
    status: { code: span.status.code },
    events: span.events.map((event) => ({
      ...event,
      attributes: event.attributes.filter(({ key }) => !errorTexts.has(key))
    }))
  })
})

const dropped = new Set(["span.label", "status.interrupted", "url.query"])

const urls = new Set(["url.full", "http.request.header.referer", "http.response.header.location"])

/** The URL up to its query or fragment, without a user and password. */
const withoutQuery = ({ key, value: { stringValue } }: KeyValue): KeyValue => ({
  key,
  value: { stringValue: (stringValue ?? "").replace(/[?#].*$/s, "").replace(/^([^/]*\/\/)[^/]*@/, "$1") }
})

const errorTexts = new Set(["exception.message", "exception.stacktrace"])

/** The unit that a name ends in, as the conventions abbreviate it. A count has none. */
const unitOf = (name: string) => name.endsWith("_seconds") ? "s" : name.endsWith("_bytes") ? "By" : ""
