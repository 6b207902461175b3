import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Layer, Option, Redacted } from "effect"
import * as Settings from "../../../src/brandbrain/config/BrandBrainConfig.ts"
import { capabilities, capVariables, registry } from "../../../src/brandbrain/config/capability.ts"

const read = (environment: Readonly<Record<string, string>>) =>
  Settings.BrandBrainConfig.pipe(
    Effect.provide(
      Settings.layer.pipe(
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))
      )
    )
  )

/** What the operator is told. */
const refusal = (environment: Readonly<Record<string, string>>) =>
  Effect.map(Effect.flip(read(environment)), (error) => Cause.pretty(Cause.fail(error)))

describe("the settings", () => {
  it.effect("have the default caps, and leave the unvalidated capability off", () =>
    Effect.gen(function*() {
      const settings = yield* read({})
      assert.deepStrictEqual(capabilities.map((each) => Settings.capOf(settings, each)), [8, 6, 6, 6, 6, 6, 3])
      assert.deepStrictEqual(capabilities.filter((each) => !Settings.isEnabled(settings, each)), [
        "linkedin.profile_posts"
      ])
      assert.deepInclude(settings, {
        maxNormalizedItems: 40,
        apifyRunTtlHours: 24,
        sourcesAtATime: 4,
        apifyBaseUrl: "https://api.apify.com"
      })
    }))

  it.effect("take a variable that is empty for one that is not set", () =>
    Effect.gen(function*() {
      const names = [...capVariables, "BRANDBRAIN_MAX_NORMALIZED_ITEMS", "APIFY_BASE_URL", "APIFY_TOKEN"]
      assert.deepStrictEqual(yield* read(Object.fromEntries(names.map((name) => [name, " "]))), yield* read({}))
    }))

  it.effect("take every cap from its variable, and LinkedIn's two from one", () =>
    Effect.gen(function*() {
      const settings = yield* read(Object.fromEntries(capVariables.map((name, index) => [name, String(index + 11)])))
      for (const capability of capabilities) {
        const index = capVariables.indexOf(registry[capability].capVariable)
        assert.strictEqual(Settings.capOf(settings, capability), index + 11)
      }
    }))

  it.effect.each(["0", "-1", "2.5", "ten", "1e3", "9".repeat(12)])(
    "refuse %j for a number, naming the variable and what is allowed",
    (text) =>
      Effect.gen(function*() {
        for (
          const name of [
            ...capVariables,
            "BRANDBRAIN_MAX_NORMALIZED_ITEMS",
            "BRANDBRAIN_APIFY_RUN_TTL_HOURS",
            "BRANDBRAIN_SOURCES_AT_A_TIME"
          ]
        ) {
          assert.include(yield* refusal({ [name]: text }), `${name} must be a positive integer`)
        }
      })
  )

  it.effect("turn the unvalidated capability on when its flag is truthy", () =>
    Effect.gen(function*() {
      for (const text of ["true", "1", "YES", " on "]) {
        const settings = yield* read({ BRANDBRAIN_ENABLE_LINKEDIN_PROFILE_POSTS: text })
        assert.isTrue(Settings.isEnabled(settings, "linkedin.profile_posts"), text)
      }
      for (const text of ["false", "0", "off", "maybe", ""]) {
        const settings = yield* read({ BRANDBRAIN_ENABLE_LINKEDIN_PROFILE_POSTS: text })
        assert.isFalse(Settings.isEnabled(settings, "linkedin.profile_posts"), text)
      }
    }))

  it.effect("hold the token where printing does not show it, and read an empty one as none", () =>
    Effect.gen(function*() {
      const settings = yield* read({ APIFY_TOKEN: "apify_secret" })
      assert.notInclude(JSON.stringify(settings) + String(settings.apifyToken), "apify_secret")
      assert.strictEqual(Option.getOrNull(Option.map(settings.apifyToken, Redacted.value)), "apify_secret")
      assert.isTrue(Option.isNone((yield* read({ APIFY_TOKEN: "" })).apifyToken))
      assert.isTrue(Option.isNone((yield* read({})).apifyToken))
    }))

  it.effect("take the token without the blanks and newlines around it", () =>
    Effect.gen(function*() {
      for (const written of ["apify_secret\n", " apify_secret\r\n", "\tapify_secret "]) {
        const { apifyToken } = yield* read({ APIFY_TOKEN: written })
        assert.strictEqual(Option.getOrNull(Option.map(apifyToken, Redacted.value)), "apify_secret")
      }
      assert.isTrue(Option.isNone((yield* read({ APIFY_TOKEN: " \n" })).apifyToken))
    }))

  it.effect.each([
    "hush\nhush",
    "hush hush",
    "hush\u0000",
    "h\u00fcsh",
    "hush\u2026",
    "hush\ud83e\udd2b",
    "hush\u007f"
  ])(
    "refuse a token that no header can carry, naming the variable and not the token: %j",
    (written) =>
      Effect.gen(function*() {
        const told = yield* refusal({ APIFY_TOKEN: written })
        assert.include(told, "APIFY_TOKEN may hold only printable ASCII characters and no spaces")
        assert.notMatch(told, /h[u\u00fc]sh/)
      })
  )

  it.effect("refuse a base address that is none", () =>
    Effect.gen(function*() {
      assert.include(yield* refusal({ APIFY_BASE_URL: "api.apify.com" }), "APIFY_BASE_URL must be")
      assert.strictEqual((yield* read({ APIFY_BASE_URL: "http://localhost:1/" })).apifyBaseUrl, "http://localhost:1")
    }))
})
