import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Schema, Struct } from "effect"
import { capabilities, registry } from "../config/capability.ts"
import { appClient } from "../storage/appClient.ts"
import { deriveId } from "../storage/deriveId.ts"
import { dialect } from "../storage/dialect.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import { engagement } from "./engagement.ts"
import { Evidence } from "./Evidence.ts"
import { EvidenceItem } from "./EvidenceItem.ts"
import type { NormalisedItem } from "./EvidenceItem.ts"
import { mergeEvidence } from "./mergeEvidence.ts"
import { bestPerGroup, newestPerGroup } from "./selectBundle.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const { elements, items: itemRows } = dialect(sql)

  const columns = sql.literal(Object.keys(EvidenceItem.fields).join(", "))

  const upsert = SqlSchema.void({
    Request: Schema.Struct({
      brandId: Schema.String,
      items: Schema.Array(Schema.Struct({
        ...EvidenceItem.fields,
        source_ids: Schema.Array(Schema.String),
        engagement: Schema.Number,
        is_collection_page: Schema.Literal(0, 1)
      })),
      now: Schema.Number
    }),
    // Without "WHERE true" SQLite would take ON CONFLICT for the ON of a join.
    execute: ({ brandId, items, now }) =>
      sql`
      INSERT INTO brandbrain_evidence_item (
        id, brand_id, platform, content_type, external_id, canonical_url, published_at, author_ref, title,
        text_primary, text_secondary, hashtags, metrics, media, flags, raw_refs, source_ids, engagement,
        is_collection_page, created_at, updated_at
      )
      SELECT item.id, ${brandId}, item.platform, item.content_type, item.external_id, item.canonical_url,
        item.published_at, item.author_ref, item.title, item.text_primary, item.text_secondary, item.hashtags,
        item.metrics, item.media, item.flags, item.raw_refs, item.source_ids, item.engagement,
        item.is_collection_page, ${now}, ${now}
      FROM ${itemRows(itemColumns, items)} WHERE true
      ON CONFLICT (id) DO UPDATE SET
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
        source_ids = excluded.source_ids,
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
    // Sorted as in `selectBundle.ts`. The best may include all the newest, so that many more are taken.
    execute: ({ brandId, collections, contentType, platform, sourceIds }) => {
      const group = sql`brand_id = ${brandId} AND platform = ${platform} AND content_type = ${contentType}
        AND is_collection_page = ${collections}
        AND EXISTS (
          SELECT 1 FROM ${elements(sql.literal("brandbrain_evidence_item.source_ids"))}
          WHERE element.value IN (SELECT element.value FROM ${elements(sourceIds)})
        )`
      return sql`
      SELECT ${columns} FROM brandbrain_evidence_item WHERE id IN (
        SELECT id FROM (
          SELECT id FROM brandbrain_evidence_item WHERE ${group}
          ORDER BY published_at DESC NULLS LAST, canonical_url NULLS FIRST, id
          LIMIT ${newestPerGroup}
        ) AS newest
        UNION ALL
        SELECT id FROM (
          SELECT id FROM brandbrain_evidence_item WHERE ${group}
          ORDER BY engagement DESC, published_at DESC NULLS LAST, canonical_url NULLS FIRST, id
          LIMIT ${newestPerGroup + bestPerGroup}
        ) AS best
      )`
    }
  })

  const selectByIds = SqlSchema.findAll({
    Request: Schema.Struct({ brandId: Schema.String, ids: Schema.parseJson(Schema.Array(Schema.String)) }),
    Result: KnownRow,
    execute: ({ brandId, ids }) =>
      sql`
      SELECT ${sql.literal(Object.keys(KnownRow.fields).map((column) => `e.${column}`).join(", "))}
      FROM ${elements(ids)} CROSS JOIN brandbrain_evidence_item e
      WHERE e.id = element.value AND e.brand_id = ${brandId}
      ORDER BY element.key`
  })

  return Evidence.of({
    upsert: Effect.fn("Evidence.upsert")(function*({ brandId, id: sourceId }, items) {
      const byId = mergeSame(brandId, items)
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.gen(function*() {
        const present = yield* selectByIds({ brandId, ids: [...byId.keys()] })
        const known = new Map(present.map((item) => [item.id, item]))
        const rows = [...byId].map(([id, item]) => {
          const before = known.get(id)
          const merged = before === undefined ? item : mergeEvidence(before, item)
          return {
            ...merged,
            id,
            source_ids: [...new Set(before?.source_ids).add(sourceId)].sort(),
            engagement: engagement(merged.platform, merged.metrics),
            is_collection_page: merged.flags.is_collection_page ? 1 as const : 0 as const
          }
        })
        yield* upsert({ brandId, items: rows, now })
        return { created: rows.length - present.length, updated: present.length }
      }).pipe(inTurnOfBrand(sql, brandId))
    }, asStorageError("Evidence.upsert")),

    findCandidates: Effect.fn("Evidence.findCandidates")(function*(brandId, sourceIds) {
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
    }, asStorageError("Evidence.findCandidates")),

    findByIds: Effect.fn("Evidence.findByIds")(
      (brandId, ids) =>
        Effect.map(selectByIds({ brandId, ids }), (rows) => rows.map((row) => Struct.omit(row, "source_ids"))),
      asStorageError("Evidence.findByIds")
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

const KnownRow = Schema.Struct({ ...Row.fields, source_ids: Schema.parseJson(Schema.Array(Schema.String)) })

const itemColumns = {
  id: "text",
  platform: "text",
  content_type: "text",
  external_id: "text",
  canonical_url: "text",
  published_at: "number",
  author_ref: "text",
  title: "text",
  text_primary: "text",
  text_secondary: "text",
  hashtags: "json",
  metrics: "json",
  media: "json",
  flags: "json",
  raw_refs: "json",
  source_ids: "json",
  engagement: "number",
  is_collection_page: "number"
} as const

/** Every pair of platform and content type that evidence can have, each once. */
const groups = [
  ...new Map(
    capabilities.map((capability) => registry[capability]).map(({ contentType, platform }) =>
      [`${platform} ${contentType}`, { platform, contentType }] as const
    )
  ).values()
]

/** The items by id. Items with the same id are merged in their order. */
const mergeSame = (brandId: string, items: ReadonlyArray<NormalisedItem>): ReadonlyMap<string, NormalisedItem> => {
  const byId = new Map<string, NormalisedItem>()
  for (const item of items) {
    const id = evidenceId(brandId, item)
    byId.set(id, mergeEvidence(byId.get(id) ?? item, item))
  }
  return byId
}

/** Derived from the key of the table's UNIQUE indexes: the address of a page, the platform's id of anything else. */
const evidenceId = (brandId: string, item: NormalisedItem) =>
  deriveId(
    "evidence",
    brandId,
    item.platform,
    item.content_type,
    (item.platform === "web" ? item.canonical_url : item.external_id) ?? ""
  )

/** Evidence in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<Evidence, never, SqlClient.SqlClient> = Layer.effect(Evidence, make)
