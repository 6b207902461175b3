import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { dialect } from "../dialect.ts"
import type { Dialect } from "../dialect.ts"

/**
 * Every table of the app. Instants are epoch milliseconds; a Schema decodes each JSON column.
 *
 * An id derived from a key (`deriveId`) makes two writes of one thing one row. The UNIQUE keys hold the database to it.
 */
const statements = ({ instant, isJson, nullsFirst, nullsLast, real, strict, text }: Dialect) => [
  `CREATE TABLE brandbrain_brand (
    id ${text} PRIMARY KEY CHECK (id <> ''),
    tenant_id ${text} NOT NULL CHECK (tenant_id <> ''),
    name ${text} NOT NULL CHECK (name <> ''),
    ${instant("created_at")} NOT NULL
  )${strict}`,
  `CREATE INDEX brandbrain_brand_tenant ON brandbrain_brand (tenant_id, created_at, id)`,

  `CREATE TABLE brandbrain_onboarding (
    brand_id ${text} PRIMARY KEY REFERENCES brandbrain_brand (id),
    answers ${text} NOT NULL CHECK (${isJson("answers", "object")}),
    ${instant("updated_at")} NOT NULL
  )${strict}`,

  `CREATE TABLE brandbrain_overrides (
    brand_id ${text} PRIMARY KEY REFERENCES brandbrain_brand (id),
    overrides ${text} NOT NULL CHECK (${isJson("overrides", "object")}),
    pinned_paths ${text} NOT NULL CHECK (${isJson("pinned_paths", "array")}),
    ${instant("updated_at")} NOT NULL
  )${strict}`,

  // A removed source keeps its row: paid runs and evidence name it.
  `CREATE TABLE brandbrain_source_connection (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    platform ${text} NOT NULL CHECK (platform IN ('instagram', 'linkedin', 'tiktok', 'youtube', 'web')),
    capability ${text} NOT NULL,
    identifier ${text} NOT NULL CHECK (identifier <> ''),
    extra_start_urls ${text} NOT NULL CHECK (${isJson("extra_start_urls", "array")}),
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    ${instant("created_at")} NOT NULL,
    ${instant("updated_at")} NOT NULL,
    ${instant("removed_at")},
    UNIQUE (brand_id, platform, capability, identifier),
    CHECK (removed_at IS NULL OR is_enabled = 0)
  )${strict}`,

  `CREATE TABLE brandbrain_compile_run (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    job_id ${text} NOT NULL UNIQUE,
    status ${text} NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCEEDED')),
    force_refresh INTEGER NOT NULL CHECK (force_refresh IN (0, 1)),
    prompt_version ${text} NOT NULL,
    model ${text} NOT NULL,
    evidence_status ${text} NOT NULL CHECK (${isJson("evidence_status", "object")}),
    recorded_sources ${text} NOT NULL CHECK (${isJson("recorded_sources", "object")}),
    ${instant("created_at")} NOT NULL,
    ${instant("started_at")},
    ${instant("finished_at")},
    CHECK ((status = 'PENDING') = (started_at IS NULL)),
    CHECK ((status = 'SUCCEEDED') = (finished_at IS NOT NULL))
  )${strict}`,

  // One run for each source of a compile, so a retry finds the run of the attempt before it.
  `CREATE TABLE brandbrain_apify_run (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id ${text} NOT NULL REFERENCES brandbrain_compile_run (id),
    source_id ${text} NOT NULL REFERENCES brandbrain_source_connection (id),
    actor_id ${text} NOT NULL,
    input ${text} NOT NULL CHECK (${isJson("input", "object")}),
    item_limit INTEGER NOT NULL CHECK (item_limit > 0),
    reason ${text} NOT NULL,
    status ${text} NOT NULL CHECK (status IN ('starting', 'running', 'succeeded', 'failed', 'timed_out')),
    platform_run_id ${text},
    dataset_id ${text},
    raw_items_count INTEGER NOT NULL DEFAULT 0 CHECK (raw_items_count BETWEEN 0 AND item_limit),
    normalized_created INTEGER NOT NULL DEFAULT 0,
    normalized_updated INTEGER NOT NULL DEFAULT 0,
    error_summary ${text},
    is_unresolved INTEGER NOT NULL DEFAULT 0 CHECK (is_unresolved IN (0, 1)),
    ${instant("started_at")} NOT NULL,
    ${instant("finished_at")},
    UNIQUE (compile_run_id, source_id),
    CHECK (status <> 'starting' OR platform_run_id IS NULL),
    CHECK (status NOT IN ('running', 'succeeded', 'timed_out') OR platform_run_id IS NOT NULL),
    CHECK ((status IN ('starting', 'running')) = (finished_at IS NULL)),
    CHECK ((status IN ('failed', 'timed_out')) = (error_summary IS NOT NULL)),
    CHECK (is_unresolved = 0 OR status IN ('failed', 'timed_out'))
  )${strict}`,
  `CREATE INDEX brandbrain_apify_run_fresh ON brandbrain_apify_run (source_id, finished_at DESC, id)
    WHERE status = 'succeeded'`,
  // The few runs that may still be waiting for us at the platform.
  `CREATE INDEX brandbrain_apify_run_left_behind ON brandbrain_apify_run (source_id, started_at DESC, id)
    WHERE is_unresolved = 1 OR status IN ('starting', 'running')`,
  `CREATE INDEX brandbrain_apify_run_platform ON brandbrain_apify_run (platform_run_id)
    WHERE platform_run_id IS NOT NULL`,

  // An actor's items, unchecked: SQLite's JSON parser gives up at a depth of 1000.
  `CREATE TABLE brandbrain_raw_apify_item (
    apify_run_id ${text} NOT NULL REFERENCES brandbrain_apify_run (id),
    item_index INTEGER NOT NULL CHECK (item_index >= 0),
    raw ${text} NOT NULL,
    PRIMARY KEY (apify_run_id, item_index)
  )${strict}`,

  `CREATE TABLE brandbrain_evidence_item (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    platform ${text} NOT NULL,
    content_type ${text} NOT NULL,
    external_id ${text},
    canonical_url ${text},
    ${instant("published_at")},
    author_ref ${text},
    title ${text},
    text_primary ${text},
    text_secondary ${text},
    hashtags ${text} NOT NULL CHECK (${isJson("hashtags", "array")}),
    metrics ${text} NOT NULL CHECK (${isJson("metrics", "object")}),
    media ${text} NOT NULL CHECK (${isJson("media", "array")}),
    flags ${text} NOT NULL CHECK (${isJson("flags", "object")}),
    raw_refs ${text} NOT NULL CHECK (${isJson("raw_refs", "array")}),
    source_ids ${text} NOT NULL CHECK (${isJson("source_ids", "array")}),
    engagement ${real} NOT NULL,
    is_collection_page INTEGER NOT NULL CHECK (is_collection_page IN (0, 1)),
    ${instant("created_at")} NOT NULL,
    ${instant("updated_at")} NOT NULL,
    CHECK (CASE platform WHEN 'web' THEN canonical_url ELSE external_id END IS NOT NULL)
  )${strict}`,
  `CREATE UNIQUE INDEX brandbrain_evidence_item_page
    ON brandbrain_evidence_item (brand_id, platform, content_type, canonical_url) WHERE platform = 'web'`,
  `CREATE UNIQUE INDEX brandbrain_evidence_item_post
    ON brandbrain_evidence_item (brand_id, platform, content_type, external_id) WHERE platform <> 'web'`,
  `CREATE INDEX brandbrain_evidence_item_newest ON brandbrain_evidence_item
    (brand_id, platform, content_type, is_collection_page, published_at DESC${nullsLast}, canonical_url${nullsFirst}, id)`,
  `CREATE INDEX brandbrain_evidence_item_best ON brandbrain_evidence_item
    (brand_id, platform, content_type, is_collection_page, engagement DESC, published_at DESC${nullsLast}, canonical_url${nullsFirst}, id)`,

  `CREATE TABLE brandbrain_evidence_bundle (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id ${text} NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    item_ids ${text} NOT NULL CHECK (${isJson("item_ids", "array")}),
    ${instant("created_at")} NOT NULL
  )${strict}`,

  `CREATE TABLE brandbrain_feature_report (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id ${text} NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    report ${text} NOT NULL CHECK (${isJson("report", "object")}),
    ${instant("created_at")} NOT NULL
  )${strict}`,

  `CREATE TABLE brandbrain_snapshot (
    id ${text} PRIMARY KEY,
    brand_id ${text} NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id ${text} NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    version INTEGER NOT NULL CHECK (version > 0),
    bundle_id ${text} NOT NULL REFERENCES brandbrain_evidence_bundle (id),
    feature_report_id ${text} NOT NULL REFERENCES brandbrain_feature_report (id),
    input_hash ${text} NOT NULL,
    snapshot ${text} NOT NULL CHECK (${isJson("snapshot", "object")}),
    diff ${text} NOT NULL CHECK (${isJson("diff", "object")}),
    ${instant("created_at")} NOT NULL,
    UNIQUE (brand_id, version)
  )${strict}`
]

export const brandbrain = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements(dialect(sql)), (statement) => sql.unsafe(statement), { discard: true })
})
