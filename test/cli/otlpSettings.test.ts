import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Option, Redacted } from "effect"
import { otlpSettings } from "../../src/cli/otlpSettings.ts"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(otlpSettings, ConfigProvider.fromMap(new Map(Object.entries(environment))))

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.example:4318/" }

describe("the settings of telemetry", () => {
  it.effect("are none without an endpoint", () =>
    Effect.gen(function*() {
      assert.isTrue(Option.isNone(yield* read({})))
      assert.isTrue(Option.isNone(yield* read({ OTEL_EXPORTER_OTLP_ENDPOINT: " ", OTEL_SERVICE_NAME: "post" })))
    }))

  it.effect("have a default for all but the endpoint", () =>
    Effect.gen(function*() {
      const { endpoint: url, headers, protocol, resource } = Option.getOrThrow(yield* read(endpoint))
      assert.deepStrictEqual([url, protocol, Redacted.value(headers), resource], [
        "http://collector.example:4318",
        "http/json",
        {},
        { "service.name": "holdfast" }
      ])
    }))

  it.effect("have headers and a resource whose values are encoded as in a URL, and the name of the service", () =>
    Effect.gen(function*() {
      const { headers, protocol, resource } = Option.getOrThrow(
        yield* read({
          ...endpoint,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi=, x-tenant = one",
          OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment.name=a%2Cb",
          OTEL_SERVICE_NAME: "post"
        })
      )
      assert.strictEqual(protocol, "http/protobuf")
      assert.deepStrictEqual(Redacted.value(headers), { "authorization": "Basic YTpi=", "x-tenant": "one" })
      assert.deepStrictEqual(resource, { "service.name": "post", "deployment.environment.name": "a,b" })
      assert.notInclude(JSON.stringify(headers), "YTpi")
    }))

  const refused: ReadonlyArray<readonly [variable: string, value: string, problem: string]> = [
    ["ENDPOINT", "collector-hunter2", "that is not the URL of a collector; write http://<host>:4318"],
    ["ENDPOINT", "grpc://hunter2:4317", "that is not the URL of a collector"],
    ["ENDPOINT", "http://me:hunter2@host:4318", "a user or password in the URL is not supported"],
    ["ENDPOINT", "http://host:4318?token=hunter2", "a URL with ? or # is not supported"],
    ["HEADERS", "a=b,hunter2", "part 2 is not name=value"],
    ["HEADERS", "a b=hunter2", "part 1 is not name=value"],
    ["HEADERS", "a=hunter2%0d%0ax: y", "part 1 is not name=value"],
    ["HEADERS", "a=hunter2%", "part 1 is not name=value"],
    ["PROTOCOL", "grpc", "\"grpc\" is not supported; write one of http/json, http/protobuf"]
  ]
  for (const [variable, value, problem] of refused) {
    it.effect(`are refused, and repeat no secret: ${variable}=${value}`, () =>
      Effect.gen(function*() {
        const message = Cause.pretty(
          Cause.fail(yield* Effect.flip(read({ ...endpoint, [`OTEL_EXPORTER_OTLP_${variable}`]: value })))
        )
        assert.include(message, `OTEL_EXPORTER_OTLP_${variable}: ${problem}`)
        assert.notInclude(message, "hunter2")
      }))
  }
})
