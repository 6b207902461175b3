import { Schema } from "effect"

/** The path of a statement in a draft, in reading order. A brand can override or pin each of them. */
export const DraftPath = Schema.Literal(
  "positioning.what_we_do",
  "positioning.who_for",
  "positioning.differentiators",
  "voice.cta_policy",
  "voice.tone_tags",
  "voice.taboos",
  "voice.risk_boundaries",
  "content.content_pillars",
  "content.proof_types",
  "meta.content_goal"
)
export type DraftPath = typeof DraftPath.Type
