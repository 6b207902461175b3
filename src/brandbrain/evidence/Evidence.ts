import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { bestPerGroup, newestPerGroup } from "./selectBundle.ts"
import { idOf } from "../json/canonicalJson.ts"
import { capabilities, registry } from "../config/capability.ts"
import { engagement } from "./engagement.ts"
import { EvidenceItem } from "./EvidenceItem.ts"
import type { NormalisedItem } from "./EvidenceItem.ts"
import { mergeEvidence } from "./mergeEvidence.ts"
import type { Source } from "../brands/Source.ts"
import { storage } from "../storage/StorageError.ts"
import type { StorageError } from "../storage/StorageError.ts"

/** All the evidence that brands have gathered, each post, video and page once. */
export class Evidence extends Context.Tag("holdfast/brandbrain/Evidence")<Evidence, {
  /**
   * Saves what was found at the source; items that are there already take what is new, and keep what they had
   * where it brings nothing.
   *
   * Items that are the same post count once.
   */
  readonly upsert: (
    source: Pick<Source, "brandId" | "id">,
    items: ReadonlyArray<NormalisedItem>
  ) => Effect.Effect<{ readonly created: number; readonly updated: number }, StorageError>
  /**
   * All that `selectBundle` could choose from what the brand's sources brought, and from no others that it had:
   * the newest and the best of each group.
   *
   * Selecting from these gives what selecting from everything would, however much there is.
   */
  readonly candidates: (
    brandId: string,
    sourceIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<EvidenceItem>, StorageError>
  /** The brand's items with these ids, in their order. Ids of another brand's items are as those of none. */
  readonly byIds: (
    brandId: string,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<EvidenceItem>, StorageError>
}>() {}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const columns = sql.literal(Object.keys(EvidenceItem.fields).join(", "))

  const upsert = SqlSchema.void({
    Request: Schema.Struct({
      brandId: Schema.String,
      sourceId: Schema.String,
      items: Schema.parseJson(
        Schema.Array(Schema.Struct({
          ...EvidenceItem.fields,
          engagement: Schema.Number,
          is_collection_page: Schema.Literal(0, 1)
        }))
      ),
      now: Schema.Number
    }),
    // "WHERE true" lets SQLite tell ON CONFLICT from a join's ON.
    execute: ({ brandId, items, now, sourceId }) =>
      sql`
      INSERT INTO brandbrain_evidence_item (
        id, brand_id, platform, content_type, external_id, canonical_url, published_at, author_ref, title,
        text_primary, text_secondary, hashtags, metrics, media, flags, raw_refs, source_ids, engagement,
        is_collection_page, created_at, updated_at
      )
      SELECT value ->> 'id', ${brandId}, value ->> 'platform', value ->> 'content_type', value ->> 'external_id',
        value ->> 'canonical_url', value ->> 'published_at', value ->> 'author_ref', value ->> 'title',
        value ->> 'text_primary', value ->> 'text_secondary', value -> 'hashtags', value -> 'metrics',
        value -> 'media', value -> 'flags', value -> 'raw_refs', json_array(${sourceId}),
        value ->> 'engagement', value ->> 'is_collection_page', ${now}, ${now}
      FROM json_each(${items}) WHERE true
      ON CONFLICT DO UPDATE SET
        canonical_url = excluded.canonical_url,
        published_at = excluded.published_at,
        author_ref = excluded.author_ref,
        title = excluded.title,
        text_primary = excluded.text_primary,
        text_secondary = excluded.text_secondary,
        hashtags = excluded.hashtags,
        metrics = excluded.metrics,
        media = excluded.media,
        flags = excluded.flags,
        raw_refs = excluded.raw_refs,
        source_ids = (
          SELECT json_group_array(value ORDER BY value) FROM (
            SELECT value FROM json_each(brandbrain_evidence_item.source_ids)
            UNION
            SELECT value FROM json_each(excluded.source_ids)
          )
        ),
        engagement = excluded.engagement,
        is_collection_page = excluded.is_collection_page,
        updated_at = excluded.updated_at`
  })

  const selectGroup = SqlSchema.findAll({
    Request: Schema.Struct({
      brandId: Schema.String,
      platform: Schema.String,
      contentType: Schema.String,
      collections: Schema.Literal(0, 1),
      sourceIds: Schema.parseJson(Schema.Array(Schema.String))
    }),
    Result: Row,
    // The orders are those of `bundle.ts`. The best may all be among the newest, so that many more are taken.
    execute: ({ brandId, collections, contentType, platform, sourceIds }) => {
      const group = sql`brand_id = ${brandId} AND platform = ${platform} AND content_type = ${contentType}
        AND is_collection_page = ${collections}
        AND EXISTS (
          SELECT 1 FROM json_each(brandbrain_evidence_item.source_ids)
          WHERE value IN (SELECT value FROM json_each(${sourceIds}))
        )`
      return sql`
      SELECT ${columns} FROM brandbrain_evidence_item WHERE id IN (
        SELECT id FROM (
          SELECT id FROM brandbrain_evidence_item WHERE ${group}
          ORDER BY published_at DESC, canonical_url, id
          LIMIT ${newestPerGroup}
        )
        UNION ALL
        SELECT id FROM (
          SELECT id FROM brandbrain_evidence_item WHERE ${group}
          ORDER BY engagement DESC, published_at DESC, canonical_url, id
          LIMIT ${newestPerGroup + bestPerGroup}
        )
      )`
    }
  })

  const selectByIds = SqlSchema.findAll({
    Request: Schema.Struct({ brandId: Schema.String, ids: Schema.parseJson(Schema.Array(Schema.String)) }),
    Result: Row,
    execute: ({ brandId, ids }) =>
      sql`
      SELECT ${sql.literal(Object.keys(EvidenceItem.fields).map((column) => `e.${column}`).join(", "))}
      FROM json_each(${ids}) j CROSS JOIN brandbrain_evidence_item e ON e.id = j.value
      WHERE e.brand_id = ${brandId}
      ORDER BY j.key`
  })

  return Evidence.of({
    upsert: Effect.fn("Evidence.upsert")(function*({ brandId, id: sourceId }, items) {
      const found = distinct(brandId, items)
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.gen(function*() {
        const present = yield* selectByIds({ brandId, ids: [...found.keys()] })
        const known = new Map(present.map((item) => [item.id, item]))
        const rows = [...found].map(([id, item]) => {
          const before = known.get(id)
          const merged = before === undefined ? item : mergeEvidence(before, item)
          return {
            ...merged,
            id,
            engagement: engagement(merged.platform, merged.metrics),
            is_collection_page: merged.flags.is_collection_page ? 1 as const : 0 as const
          }
        })
        yield* upsert({ brandId, sourceId, items: rows, now })
        return { created: rows.length - present.length, updated: present.length }
      }).pipe(sql.withTransaction)
    }, storage("Evidence.upsert")),

    candidates: Effect.fn("Evidence.candidates")(function*(brandId, sourceIds) {
      const found = yield* Effect.forEach(
        groups,
        (group) => selectGroup({ brandId, sourceIds, ...group, collections: 0 })
      )
      const items = found.flat()
      return items.some((item) => item.platform !== "web")
        ? items
        : [
          ...items,
          ...yield* selectGroup({ brandId, sourceIds, platform: "web", contentType: "web_page", collections: 1 })
        ]
    }, storage("Evidence.candidates")),

    byIds: Effect.fn("Evidence.byIds")(
      (brandId, ids) => selectByIds({ brandId, ids }),
      storage("Evidence.byIds")
    )
  })
})

const Row = Schema.Struct({
  ...EvidenceItem.fields,
  hashtags: Schema.parseJson(EvidenceItem.fields.hashtags),
  metrics: Schema.parseJson(EvidenceItem.fields.metrics),
  media: Schema.parseJson(EvidenceItem.fields.media),
  flags: Schema.parseJson(EvidenceItem.fields.flags),
  raw_refs: Schema.parseJson(EvidenceItem.fields.raw_refs)
})

/** Every platform and content type that evidence can have, each once. */
const groups = [
  ...new Map(
    capabilities.map((capability) => registry[capability]).map(({ contentType, platform }) =>
      [`${platform} ${contentType}`, { platform, contentType }] as const
    )
  ).values()
]

/** The items by id, those that share one merged in the order they came. */
const distinct = (brandId: string, items: ReadonlyArray<NormalisedItem>): ReadonlyMap<string, NormalisedItem> => {
  const found = new Map<string, NormalisedItem>()
  for (const item of items) {
    const id = evidenceId(brandId, item)
    found.set(id, mergeEvidence(found.get(id) ?? item, item))
  }
  return found
}

/** The key that the tables' UNIQUE indices name: pages go by address, the rest by the platform's own id. */
const evidenceId = (brandId: string, item: NormalisedItem) =>
  idOf(
    "evidence",
    brandId,
    item.platform,
    item.content_type,
    (item.platform === "web" ? item.canonical_url : item.external_id) ?? ""
  )

/** Evidence in the database that `SqlClient` is. The tables must be migrated. */
export const layer: Layer.Layer<Evidence, never, SqlClient.SqlClient> = Layer.effect(Evidence, make)
