import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { Capability, registry } from "../config/capability.ts"
import { appClient } from "../storage/appClient.ts"
import { deriveId } from "../storage/deriveId.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import { normaliseIdentifier } from "./normaliseIdentifier.ts"
import { Connection } from "./Source.ts"
import { NoStartUrls, SourceNotFound, Sources, UnknownCapability } from "./Sources.ts"
import type { SourceSettings } from "./Sources.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const columns = sql.literal(Object.keys(Row.fields).join(", "))

  const upsert = SqlSchema.void({
    Request: Row,
    execute: (row) =>
      sql`
      INSERT INTO brandbrain_source_connection (
        id, brand_id, platform, capability, identifier, extra_start_urls, is_enabled, created_at, updated_at
      )
      VALUES (
        ${row.id}, ${row.brand_id}, ${row.platform}, ${row.capability}, ${row.identifier}, ${row.extra_start_urls},
        ${row.is_enabled}, ${row.created_at}, ${row.updated_at}
      )
      ON CONFLICT (id) DO UPDATE SET
        extra_start_urls = excluded.extra_start_urls,
        is_enabled = excluded.is_enabled,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        removed_at = NULL`
  })

  const selectOne = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, sourceId: Schema.String }),
    Result: Row,
    execute: ({ brandId, sourceId }) =>
      sql`
      SELECT ${columns} FROM brandbrain_source_connection
      WHERE id = ${sourceId} AND brand_id = ${brandId} AND removed_at IS NULL`
  })

  const selectAll = SqlSchema.findAll({
    Request: Schema.String,
    Result: Row,
    execute: (brandId) =>
      sql`
      SELECT ${columns} FROM brandbrain_source_connection
      WHERE brand_id = ${brandId} AND removed_at IS NULL
      ORDER BY platform, capability, identifier`
  })

  const markRemoved = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, sourceId: Schema.String, now: Schema.Number }),
    Result: Schema.Struct({ id: Schema.String }),
    execute: ({ brandId, now, sourceId }) =>
      sql`
      UPDATE brandbrain_source_connection SET is_enabled = 0, removed_at = ${now}, updated_at = ${now}
      WHERE id = ${sourceId} AND brand_id = ${brandId} AND removed_at IS NULL
      RETURNING id`
  })

  const list = Effect.fn("Sources.list")(
    (brandId: string) => Effect.flatMap(selectAll(brandId), Effect.forEach(connectionOf)),
    asStorageError("Sources.list")
  )

  /** Saves the settings over those of the known source, if there is one. */
  const save = Effect.fnUntraced(function*(
    key: {
      readonly id: string
      readonly brandId: string
      readonly capability: Capability
      readonly identifier: string
    },
    before: Option.Option<typeof Row.Type>,
    settings: SourceSettings
  ) {
    const given = settings.extraStartUrls ?? []
    if (key.capability !== "web.crawl_pages" && given.length > 0) {
      return yield* new NoStartUrls({ capability: key.capability })
    }
    const urls = yield* Effect.forEach(given, (url) => normaliseIdentifier(key.capability, url))
    const now = yield* Clock.currentTimeMillis
    const known = Option.getOrUndefined(before)
    const { name, platform } = registry[key.capability]
    const row: typeof Row.Type = {
      id: key.id,
      brand_id: key.brandId,
      platform,
      capability: name,
      identifier: key.identifier,
      extra_start_urls: settings.extraStartUrls === undefined ? known?.extra_start_urls ?? [] : urls,
      is_enabled: settings.enabled === undefined ? known?.is_enabled ?? 1 : settings.enabled ? 1 : 0,
      created_at: known?.created_at ?? now,
      updated_at: now
    }
    yield* upsert(row)
    return yield* connectionOf(row)
  })

  return Sources.of({
    connect: Effect.fn("Sources.connect")(function*(brandId, connection) {
      const capability = connection.source
      if (!Schema.is(Capability)(capability)) {
        return yield* new UnknownCapability({ value: capability.slice(0, 200), allowed: Capability.literals })
      }
      const identifier = yield* normaliseIdentifier(capability, connection.identifier)
      const id = deriveId("source", brandId, capability, identifier)
      const before = selectOne({ brandId, sourceId: id })
      return yield* before.pipe(
        Effect.flatMap((known) =>
          Effect.map(save({ id, brandId, capability, identifier }, known, connection), (saved) => ({
            ...saved,
            isNew: Option.isNone(known)
          }))
        ),
        inTurnOfBrand(sql, brandId)
      )
    }, asStorageError("Sources.connect")),

    list,

    listEnabled: Effect.fn("Sources.listEnabled")(
      (brandId) =>
        Effect.map(
          list(brandId),
          (connections) =>
            connections.filter(({ enabled }) => enabled).map(({ brandId, extraStartUrls, id, identifier, source }) => ({
              id,
              brandId,
              source,
              identifier,
              extraStartUrls
            }))
        ),
      asStorageError("Sources.listEnabled")
    ),

    update: Effect.fn("Sources.update")(function*(brandId, sourceId, settings) {
      const change = Effect.gen(function*() {
        const known = yield* selectOne({ brandId, sourceId })
        if (Option.isNone(known)) return yield* new SourceNotFound({ brandId, sourceId })
        const { identifier, source: capability } = yield* connectionOf(known.value)
        return yield* save({ id: sourceId, brandId, capability, identifier }, known, settings)
      })
      return yield* inTurnOfBrand(sql, brandId)(change)
    }, asStorageError("Sources.update")),

    remove: Effect.fn("Sources.remove")(function*(brandId, sourceId) {
      // In turn, so that no change that has read the source brings it back.
      const now = yield* Clock.currentTimeMillis
      const removed = yield* inTurnOfBrand(sql, brandId)(markRemoved({ brandId, sourceId, now }))
      if (Option.isNone(removed)) return yield* new SourceNotFound({ brandId, sourceId })
    }, asStorageError("Sources.remove"))
  })
})

const Row = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  platform: Schema.String,
  capability: Schema.String,
  identifier: Schema.String,
  extra_start_urls: Schema.parseJson(Schema.Array(Schema.String)),
  is_enabled: Schema.Literal(0, 1),
  created_at: Schema.Int,
  updated_at: Schema.Int
})

const connectionOf = (row: typeof Row.Type) =>
  Schema.decodeUnknown(Connection)({
    id: row.id,
    brandId: row.brand_id,
    source: `${row.platform}.${row.capability}`,
    identifier: row.identifier,
    extraStartUrls: row.extra_start_urls,
    enabled: row.is_enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at
  })

/** Sources in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<Sources, never, SqlClient.SqlClient> = Layer.effect(Sources, make)
