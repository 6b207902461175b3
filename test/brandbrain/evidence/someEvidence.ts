import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"

/** A post of which nothing is known but what is given. */
export const someEvidence = (given: Partial<EvidenceItem> & Pick<EvidenceItem, "id">): EvidenceItem => ({
  platform: "instagram",
  content_type: "post",
  external_id: null,
  canonical_url: null,
  published_at: null,
  author_ref: null,
  title: null,
  text_primary: null,
  text_secondary: null,
  hashtags: [],
  metrics: {},
  media: [],
  flags: { has_transcript: false, is_low_value: false, is_collection_page: false },
  raw_refs: [],
  ...given
})
