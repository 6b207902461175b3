import type { Scope } from "effect"
import { Effect } from "effect"
import type { IncomingHttpHeaders, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** A value as OTLP's JSON has it. */
export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: number | string
  readonly doubleValue?: number
}

interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

interface Resource {
  readonly attributes: ReadonlyArray<KeyValue>
}

/** A span as it was received. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<KeyValue>
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: ReadonlyArray<KeyValue> }>
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly status: { readonly code: number; readonly message?: string }
}

/** A value of a metric as it was received. */
export interface Point {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly asDouble?: number
  readonly count?: number
  readonly sum?: number
  readonly bucketCounts?: ReadonlyArray<number>
  readonly explicitBounds?: ReadonlyArray<number>
}

/** A metric as it was received. */
export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly gauge?: { readonly dataPoints: ReadonlyArray<Point> }
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: ReadonlyArray<Point> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<Point> }
}

/** A line of the log as it was received. */
export interface LogRecord {
  readonly severityText: string
  readonly body: AnyValue
  readonly attributes: ReadonlyArray<KeyValue>
  readonly traceId?: string
}

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A collector of OTLP on a socket of its own, which keeps what it gets. */
export interface Collector {
  readonly url: string
  readonly requests: ReadonlyArray<Received>
  readonly spans: () => ReadonlyArray<Span>
  readonly metrics: () => ReadonlyArray<ReceivedMetric>
  readonly logs: () => ReadonlyArray<LogRecord>
  readonly resources: () => ReadonlyArray<Resource>
}

/** What a collector does with a request that it has read. */
export type Answer = (response: ServerResponse) => void

export const accepted: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}")

/** A collector that listens until the scope closes. */
export const makeCollector = (answer: Answer = accepted): Effect.Effect<Collector, never, Scope.Scope> =>
  Effect.gen(function*() {
    const requests: Array<Received> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const { headers, url: path = "" } = request
        requests.push({ path, headers, body: Buffer.concat(chunks).toString("utf8") })
        answer(response)
      })
    })
    const { port } = yield* Effect.acquireRelease(
      Effect.async<AddressInfo>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server.address() as AddressInfo)))
      }),
      () => close(server)
    )
    const bodies = <A>(path: string) =>
      requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body) as A)
    const traces = () => bodies<TraceBody>("/v1/traces").flatMap(({ resourceSpans }) => resourceSpans)
    const metrics = () => bodies<MetricBody>("/v1/metrics").flatMap(({ resourceMetrics }) => resourceMetrics)
    const logs = () => bodies<LogBody>("/v1/logs").flatMap(({ resourceLogs }) => resourceLogs)
    return {
      url: `http://127.0.0.1:${port}`,
      requests,
      spans: () => traces().flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans),
      metrics: () => metrics().flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics),
      logs: () => logs().flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords),
      resources: () => [...traces(), ...metrics(), ...logs()].map(({ resource }) => resource)
    }
  })

interface TraceBody {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: Resource
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>
  }>
}

interface MetricBody {
  readonly resourceMetrics: ReadonlyArray<{
    readonly resource: Resource
    readonly scopeMetrics: ReadonlyArray<{ readonly metrics: ReadonlyArray<ReceivedMetric> }>
  }>
}

interface LogBody {
  readonly resourceLogs: ReadonlyArray<{
    readonly resource: Resource
    readonly scopeLogs: ReadonlyArray<{ readonly logRecords: ReadonlyArray<LogRecord> }>
  }>
}

const close = (server: Server) =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Attributes by name. Throws for one that is there twice, which OTLP forbids. */
export const attributesOf = ({ attributes }: { readonly attributes: ReadonlyArray<KeyValue> }) => {
  const values = new Map<string, string | number | boolean | undefined>()
  for (const { key, value: { boolValue, doubleValue, intValue, stringValue } } of attributes) {
    if (values.has(key)) throw new Error(`${key} is there twice`)
    values.set(key, stringValue ?? boolValue ?? intValue ?? doubleValue)
  }
  return Object.fromEntries(values)
}
