import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * Every table of the app. Instants are epoch milliseconds; a Schema decodes each JSON column.
 *
 * An id derived from a key (`deriveId`) makes two writes of one thing one row. The UNIQUE keys hold the database to it.
 */
const statements = [
  `CREATE TABLE brandbrain_brand (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    tenant_id TEXT NOT NULL CHECK (tenant_id <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    created_at INTEGER NOT NULL
  ) STRICT`,
  `CREATE INDEX brandbrain_brand_tenant ON brandbrain_brand (tenant_id, created_at, id)`,

  `CREATE TABLE brandbrain_onboarding (
    brand_id TEXT PRIMARY KEY REFERENCES brandbrain_brand (id),
    answers TEXT NOT NULL CHECK (json_type(answers) = 'object'),
    updated_at INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE brandbrain_overrides (
    brand_id TEXT PRIMARY KEY REFERENCES brandbrain_brand (id),
    overrides TEXT NOT NULL CHECK (json_type(overrides) = 'object'),
    pinned_paths TEXT NOT NULL CHECK (json_type(pinned_paths) = 'array'),
    updated_at INTEGER NOT NULL
  ) STRICT`,

  // A removed source keeps its row: paid runs and evidence name it.
  `CREATE TABLE brandbrain_source_connection (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    platform TEXT NOT NULL CHECK (platform IN ('instagram', 'linkedin', 'tiktok', 'youtube', 'web')),
    capability TEXT NOT NULL,
    identifier TEXT NOT NULL CHECK (identifier <> ''),
    extra_start_urls TEXT NOT NULL CHECK (json_type(extra_start_urls) = 'array'),
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    removed_at INTEGER,
    UNIQUE (brand_id, platform, capability, identifier),
    CHECK (removed_at IS NULL OR is_enabled = 0)
  ) STRICT`,

  `CREATE TABLE brandbrain_compile_run (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    job_id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCEEDED')),
    force_refresh INTEGER NOT NULL CHECK (force_refresh IN (0, 1)),
    prompt_version TEXT NOT NULL,
    model TEXT NOT NULL,
    evidence_status TEXT NOT NULL CHECK (json_type(evidence_status) = 'object'),
    recorded_sources TEXT NOT NULL CHECK (json_type(recorded_sources) = 'object'),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    CHECK ((status = 'PENDING') = (started_at IS NULL)),
    CHECK ((status = 'SUCCEEDED') = (finished_at IS NOT NULL))
  ) STRICT`,

  // One run for each source of a compile, so a retry finds the run of the attempt before it.
  `CREATE TABLE brandbrain_apify_run (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id TEXT NOT NULL REFERENCES brandbrain_compile_run (id),
    source_id TEXT NOT NULL REFERENCES brandbrain_source_connection (id),
    actor_id TEXT NOT NULL,
    input TEXT NOT NULL CHECK (json_type(input) = 'object'),
    item_limit INTEGER NOT NULL CHECK (item_limit > 0),
    reason TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('starting', 'running', 'succeeded', 'failed', 'timed_out')),
    platform_run_id TEXT,
    dataset_id TEXT,
    raw_items_count INTEGER NOT NULL DEFAULT 0 CHECK (raw_items_count BETWEEN 0 AND item_limit),
    normalized_created INTEGER NOT NULL DEFAULT 0,
    normalized_updated INTEGER NOT NULL DEFAULT 0,
    error_summary TEXT,
    is_unresolved INTEGER NOT NULL DEFAULT 0 CHECK (is_unresolved IN (0, 1)),
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (compile_run_id, source_id),
    CHECK (status <> 'starting' OR platform_run_id IS NULL),
    CHECK (status NOT IN ('running', 'succeeded', 'timed_out') OR platform_run_id IS NOT NULL),
    CHECK ((status IN ('starting', 'running')) = (finished_at IS NULL)),
    CHECK ((status IN ('failed', 'timed_out')) = (error_summary IS NOT NULL)),
    CHECK (is_unresolved = 0 OR status IN ('failed', 'timed_out'))
  ) STRICT`,
  `CREATE INDEX brandbrain_apify_run_fresh ON brandbrain_apify_run (source_id, finished_at DESC, id)
    WHERE status = 'succeeded'`,
  // The few runs that may still be waiting for us at the platform.
  `CREATE INDEX brandbrain_apify_run_left_behind ON brandbrain_apify_run (source_id, started_at DESC, id)
    WHERE is_unresolved = 1 OR status IN ('starting', 'running')`,
  `CREATE INDEX brandbrain_apify_run_platform ON brandbrain_apify_run (platform_run_id)
    WHERE platform_run_id IS NOT NULL`,

  // An actor's items, unchecked: SQLite's JSON parser gives up at a depth of 1000.
  `CREATE TABLE brandbrain_raw_apify_item (
    apify_run_id TEXT NOT NULL REFERENCES brandbrain_apify_run (id),
    item_index INTEGER NOT NULL CHECK (item_index >= 0),
    raw TEXT NOT NULL,
    PRIMARY KEY (apify_run_id, item_index)
  ) STRICT`,

  `CREATE TABLE brandbrain_evidence_item (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    platform TEXT NOT NULL,
    content_type TEXT NOT NULL,
    external_id TEXT,
    canonical_url TEXT,
    published_at INTEGER,
    author_ref TEXT,
    title TEXT,
    text_primary TEXT,
    text_secondary TEXT,
    hashtags TEXT NOT NULL CHECK (json_type(hashtags) = 'array'),
    metrics TEXT NOT NULL CHECK (json_type(metrics) = 'object'),
    media TEXT NOT NULL CHECK (json_type(media) = 'array'),
    flags TEXT NOT NULL CHECK (json_type(flags) = 'object'),
    raw_refs TEXT NOT NULL CHECK (json_type(raw_refs) = 'array'),
    source_ids TEXT NOT NULL CHECK (json_type(source_ids) = 'array'),
    engagement REAL NOT NULL,
    is_collection_page INTEGER NOT NULL CHECK (is_collection_page IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (CASE platform WHEN 'web' THEN canonical_url ELSE external_id END IS NOT NULL)
  ) STRICT`,
  `CREATE UNIQUE INDEX brandbrain_evidence_item_page
    ON brandbrain_evidence_item (brand_id, platform, content_type, canonical_url) WHERE platform = 'web'`,
  `CREATE UNIQUE INDEX brandbrain_evidence_item_post
    ON brandbrain_evidence_item (brand_id, platform, content_type, external_id) WHERE platform <> 'web'`,
  `CREATE INDEX brandbrain_evidence_item_newest ON brandbrain_evidence_item
    (brand_id, platform, content_type, is_collection_page, published_at DESC, canonical_url, id)`,
  `CREATE INDEX brandbrain_evidence_item_best ON brandbrain_evidence_item
    (brand_id, platform, content_type, is_collection_page, engagement DESC, published_at DESC, canonical_url, id)`,

  `CREATE TABLE brandbrain_evidence_bundle (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id TEXT NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    item_ids TEXT NOT NULL CHECK (json_type(item_ids) = 'array'),
    created_at INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE brandbrain_feature_report (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id TEXT NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    report TEXT NOT NULL CHECK (json_type(report) = 'object'),
    created_at INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE brandbrain_snapshot (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL REFERENCES brandbrain_brand (id),
    compile_run_id TEXT NOT NULL UNIQUE REFERENCES brandbrain_compile_run (id),
    version INTEGER NOT NULL CHECK (version > 0),
    bundle_id TEXT NOT NULL REFERENCES brandbrain_evidence_bundle (id),
    feature_report_id TEXT NOT NULL REFERENCES brandbrain_feature_report (id),
    input_hash TEXT NOT NULL,
    snapshot TEXT NOT NULL CHECK (json_type(snapshot) = 'object'),
    diff TEXT NOT NULL CHECK (json_type(diff) = 'object'),
    created_at INTEGER NOT NULL,
    UNIQUE (brand_id, version)
  ) STRICT`
]

export const brandbrain = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
