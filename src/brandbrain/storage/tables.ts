/** The type of a column's values. An instant is a number. */
type ColumnType = "text" | "int" | "number"

/** A table and the columns of its primary key. */
interface Table {
  readonly name: string
  readonly key: ReadonlyArray<string>
  readonly columns: Readonly<Record<string, ColumnType>>
}

/**
 * Every table of the app with every column, for programs that carry rows from one database to another. JSON is a text,
 * on PostgreSQL too. A table stands behind those that it refers to. A test holds the list to the migrations.
 */
export const tables: ReadonlyArray<Table> = [
  {
    name: "brandbrain_brand",
    key: ["id"],
    columns: {
      id: "text",
      tenant_id: "text",
      name: "text",
      created_at: "number"
    }
  },
  {
    name: "brandbrain_onboarding",
    key: ["brand_id"],
    columns: {
      brand_id: "text",
      answers: "text",
      updated_at: "number"
    }
  },
  {
    name: "brandbrain_overrides",
    key: ["brand_id"],
    columns: {
      brand_id: "text",
      overrides: "text",
      pinned_paths: "text",
      updated_at: "number"
    }
  },
  {
    name: "brandbrain_source_connection",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      platform: "text",
      capability: "text",
      identifier: "text",
      extra_start_urls: "text",
      is_enabled: "int",
      created_at: "number",
      updated_at: "number",
      removed_at: "number"
    }
  },
  {
    name: "brandbrain_compile_run",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      job_id: "text",
      status: "text",
      force_refresh: "int",
      prompt_version: "text",
      model: "text",
      evidence_status: "text",
      recorded_sources: "text",
      created_at: "number",
      started_at: "number",
      finished_at: "number"
    }
  },
  {
    name: "brandbrain_apify_run",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      compile_run_id: "text",
      source_id: "text",
      actor_id: "text",
      input: "text",
      item_limit: "int",
      reason: "text",
      status: "text",
      platform_run_id: "text",
      dataset_id: "text",
      raw_items_count: "int",
      normalized_created: "int",
      normalized_updated: "int",
      error_summary: "text",
      is_unresolved: "int",
      started_at: "number",
      finished_at: "number"
    }
  },
  {
    name: "brandbrain_raw_apify_item",
    key: ["apify_run_id", "item_index"],
    columns: {
      apify_run_id: "text",
      item_index: "int",
      raw: "text"
    }
  },
  {
    name: "brandbrain_evidence_item",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      platform: "text",
      content_type: "text",
      external_id: "text",
      canonical_url: "text",
      published_at: "number",
      author_ref: "text",
      title: "text",
      text_primary: "text",
      text_secondary: "text",
      hashtags: "text",
      metrics: "text",
      media: "text",
      flags: "text",
      raw_refs: "text",
      source_ids: "text",
      engagement: "number",
      is_collection_page: "int",
      created_at: "number",
      updated_at: "number"
    }
  },
  {
    name: "brandbrain_evidence_bundle",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      compile_run_id: "text",
      item_ids: "text",
      created_at: "number"
    }
  },
  {
    name: "brandbrain_feature_report",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      compile_run_id: "text",
      report: "text",
      created_at: "number"
    }
  },
  {
    name: "brandbrain_snapshot",
    key: ["id"],
    columns: {
      id: "text",
      brand_id: "text",
      compile_run_id: "text",
      version: "int",
      bundle_id: "text",
      feature_report_id: "text",
      input_hash: "text",
      snapshot: "text",
      diff: "text",
      created_at: "number"
    }
  }
]
