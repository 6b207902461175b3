import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { idOf } from "./canonicalJson.ts"
import { Capability, registry } from "./capability.ts"
import { normaliseIdentifier } from "./identifier.ts"
import type { InvalidIdentifier } from "./identifier.ts"
import { Source } from "./Source.ts"
import { storage } from "./StorageError.ts"
import type { StorageError } from "./StorageError.ts"

/** There is no such capability. Nothing was saved. */
export class UnknownCapability extends Schema.TaggedError<UnknownCapability>()("UnknownCapability", {
  value: Schema.String,
  allowed: Schema.Array(Capability)
}) {
  override get message() {
    return `${JSON.stringify(this.value)} is no capability: expected one of ${this.allowed.join(", ")}`
  }
}

/** The accounts and sites that brands have connected. */
export class Sources extends Context.Tag("holdfast/brandbrain/Sources")<Sources, {
  /** Connects an account or site, or changes the settings of one that is connected under any spelling. */
  readonly connect: (brandId: string, source: {
    /** A capability's name; checked here, as it comes from outside. */
    readonly source: string
    readonly identifier: string
    readonly extraStartUrls?: ReadonlyArray<string>
    readonly enabled?: boolean
  }) => Effect.Effect<Source, UnknownCapability | InvalidIdentifier | StorageError>
  /** The brand's sources that are to be gathered from, by capability and identifier. */
  readonly enabled: (brandId: string) => Effect.Effect<ReadonlyArray<Source>, StorageError>
}>() {}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const upsert = SqlSchema.void({
    Request: Schema.Struct({
      ...Row.fields,
      is_enabled: Schema.Literal(0, 1),
      now: Schema.Number
    }),
    execute: (row) =>
      sql`
      INSERT INTO brandbrain_source_connection (
        id, brand_id, platform, capability, identifier, extra_start_urls, is_enabled, created_at, updated_at
      )
      VALUES (
        ${row.id}, ${row.brand_id}, ${row.platform}, ${row.capability}, ${row.identifier}, ${row.extra_start_urls},
        ${row.is_enabled}, ${row.now}, ${row.now}
      )
      ON CONFLICT DO UPDATE SET
        extra_start_urls = excluded.extra_start_urls,
        is_enabled = excluded.is_enabled,
        updated_at = excluded.updated_at`
  })

  const selectEnabled = SqlSchema.findAll({
    Request: Schema.String,
    Result: Row,
    execute: (brandId) =>
      sql`
      SELECT id, brand_id, platform, capability, identifier, extra_start_urls
      FROM brandbrain_source_connection
      WHERE brand_id = ${brandId} AND is_enabled = 1
      ORDER BY platform, capability, identifier`
  })

  return Sources.of({
    connect: Effect.fn("Sources.connect")(function*(brandId, connection) {
      const capability = connection.source
      if (!Schema.is(Capability)(capability)) {
        return yield* new UnknownCapability({ value: capability.slice(0, 200), allowed: Capability.literals })
      }
      const identifier = yield* normaliseIdentifier(capability, connection.identifier)
      const extraStartUrls = yield* Effect.forEach(
        capability === "web.crawl_pages" ? connection.extraStartUrls ?? [] : [],
        (url) => normaliseIdentifier(capability, url)
      )
      const { name, platform } = registry[capability]
      const id = idOf("source", brandId, capability, identifier)
      yield* upsert({
        id,
        brand_id: brandId,
        platform,
        capability: name,
        identifier,
        extra_start_urls: extraStartUrls,
        is_enabled: connection.enabled === false ? 0 : 1,
        now: yield* Clock.currentTimeMillis
      })
      return { id, brandId, source: capability, identifier, extraStartUrls }
    }, storage("Sources.connect")),

    enabled: Effect.fn("Sources.enabled")(function*(brandId) {
      const rows = yield* selectEnabled(brandId)
      return yield* Effect.forEach(rows, (row) =>
        Schema.decodeUnknown(Source)({
          id: row.id,
          brandId: row.brand_id,
          source: `${row.platform}.${row.capability}`,
          identifier: row.identifier,
          extraStartUrls: row.extra_start_urls
        }))
    }, storage("Sources.enabled"))
  })
})

const Row = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  platform: Schema.String,
  capability: Schema.String,
  identifier: Schema.String,
  extra_start_urls: Schema.parseJson(Schema.Array(Schema.String))
})

/** Sources in the database that `SqlClient` is. The tables must be migrated. */
export const layer: Layer.Layer<Sources, never, SqlClient.SqlClient> = Layer.effect(Sources, make)
