import { Config, Either, Option, Redacted } from "effect"
import type { Reader } from "./settings.ts"
import { variable } from "./settings.ts"

/** The collector that receives telemetry, and the resource that sends it. */
export interface OtlpSettings {
  /** The collector's URL, to which the path of each signal is added. */
  readonly endpoint: string
  /** Sent with each request, usually a token. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly protocol: Protocol
  /** Attributes that describe this process, including `service.name`. */
  readonly resource: Readonly<Record<string, string>>
}

const protocols = ["http/json", "http/protobuf"] as const

/** The encoding of telemetry. */
export type Protocol = typeof protocols[number]

/** Reads the URL of a collector. Its refusals repeat no part of the URL, which may hold a password. */
const endpoint: Reader<Option.Option<string>> = (text) => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return Either.left("that is not the URL of a collector; write http://<host>:4318, or https:")
  }
  const { hash, password, search, username } = new URL(text)
  if (username !== "" || password !== "") {
    return Either.left("a user or password in the URL is not supported; write a header in OTEL_EXPORTER_OTLP_HEADERS")
  }
  if (search !== "" || hash !== "") return Either.left("a URL with ? or # is not supported; write http://<host>:4318")
  return Either.right(Option.some(text.replace(/\/+$/, "")))
}

const protocol: Reader<Protocol> = (text) =>
  Either.fromNullable(
    protocols.find((protocol) => protocol === text),
    () => `${JSON.stringify(text)} is not supported; write one of ${protocols.join(", ")}`
  )

/** Reads name=value,name=value, both encoded as in a URL. Its refusals repeat no value. */
const pairs =
  (isName: (name: string) => boolean, isValue: (value: string) => boolean): Reader<Readonly<Record<string, string>>> =>
  (text) => {
    const read = new Map<string, string>()
    for (const [index, part] of text.split(",").entries()) {
      const equals = part.indexOf("=")
      const pair = Either.try(() =>
        [part.slice(0, equals).trim(), part.slice(equals + 1).trim()].map(decodeURIComponent)
      )
      const [name = "", value = ""] = Either.getOrElse(pair, () => [])
      if (equals < 0 || Either.isLeft(pair) || !isName(name) || !isValue(value)) {
        return Either.left(`part ${index + 1} is not name=value; write name=value,name=value, encoded as in a URL`)
      }
      read.set(name, value)
    }
    return Either.right(Object.fromEntries(read))
  }

const headers = pairs((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name), (value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value))

const resource = pairs((name) => name !== "", () => true)

/** Reads OpenTelemetry's variables. None without an endpoint. */
export const otlpSettings: Config.Config<Option.Option<OtlpSettings>> = Config.all({
  endpoint: variable("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, Option.none<string>()),
  protocol: variable<Protocol>("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, "http/json"),
  headers: variable("OTEL_EXPORTER_OTLP_HEADERS", headers, {}),
  attributes: variable("OTEL_RESOURCE_ATTRIBUTES", resource, {}),
  serviceName: variable("OTEL_SERVICE_NAME", (text) => Either.right(Option.some(text)), Option.none<string>())
}).pipe(
  Config.map(({ attributes, endpoint, headers, protocol, serviceName }) =>
    Option.map(endpoint, (endpoint) => ({
      endpoint,
      protocol,
      headers: Redacted.make(headers),
      resource: {
        "service.name": "holdfast",
        ...attributes,
        ...Option.match(serviceName, { onNone: () => ({}), onSome: (name) => ({ "service.name": name }) })
      }
    }))
  )
)
