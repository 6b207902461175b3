import { Schema } from "effect"
import type { DraftPath } from "../brands/DraftPath.ts"
import { Language } from "../language/Language.ts"

/** The backing of a statement: one of the brand's answers, or an evidence item. */
export const Backing = Schema.Struct({ type: Schema.Literal("answer", "evidence"), id: Schema.String })
export type Backing = typeof Backing.Type

/** One statement about the brand. */
export const Field = Schema.Struct({
  /** Any JSON value; null or empty if nothing was found. */
  value: Schema.Unknown,
  /** 0.9 if an answer backs it, less if only evidence does, 0 if nothing does. */
  confidence: Schema.Number.pipe(Schema.between(0, 1)),
  sources: Schema.Array(Backing),
  /** The brand overrode or pinned it, so a compile does not change it. */
  locked: Schema.Boolean,
  /** The brand's replacement for `value`; null without one. */
  override_value: Schema.Unknown
})
export type Field = typeof Field.Type

/** A brand's positioning, voice and content guidance, and what they are based on. */
export const Draft = Schema.Struct({
  positioning: Schema.Struct({ what_we_do: Field, who_for: Field, differentiators: Field }),
  voice: Schema.Struct({ cta_policy: Field, tone_tags: Field, taboos: Field, risk_boundaries: Field }),
  content: Schema.Struct({ content_pillars: Field, proof_types: Field }),
  meta: Schema.Struct({
    content_goal: Field,
    evidence_summary: Schema.Struct({ bundle_id: Schema.String, item_count: Schema.Int }),
    feature_report_id: Schema.String,
    /** The language of most of the evidence; null if there is too little to tell. */
    language: Schema.optionalWith(Schema.NullOr(Language), { default: () => null }),
    /** The writer of what no answer says: `rules`, or `model` and its name. */
    synthesizer: Schema.optionalWith(Schema.String, { default: () => "rules" }),
    /** Sentences for a reader, such as which sources failed. */
    warnings: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })
  })
})
export type Draft = typeof Draft.Type

/** Every statement by its path, in the order of `DraftPath`. */
export const fieldsOf = ({ content, meta, positioning, voice }: Draft): Readonly<Record<DraftPath, Field>> => ({
  "positioning.what_we_do": positioning.what_we_do,
  "positioning.who_for": positioning.who_for,
  "positioning.differentiators": positioning.differentiators,
  "voice.cta_policy": voice.cta_policy,
  "voice.tone_tags": voice.tone_tags,
  "voice.taboos": voice.taboos,
  "voice.risk_boundaries": voice.risk_boundaries,
  "content.content_pillars": content.content_pillars,
  "content.proof_types": content.proof_types,
  "meta.content_goal": meta.content_goal
})

/** The draft with `change` applied to each statement. */
export const mapFields = (draft: Draft, change: (path: DraftPath, field: Field) => Field): Draft => {
  const fields = fieldsOf(draft)
  const changed = (path: DraftPath) => change(path, fields[path])
  return {
    positioning: {
      what_we_do: changed("positioning.what_we_do"),
      who_for: changed("positioning.who_for"),
      differentiators: changed("positioning.differentiators")
    },
    voice: {
      cta_policy: changed("voice.cta_policy"),
      tone_tags: changed("voice.tone_tags"),
      taboos: changed("voice.taboos"),
      risk_boundaries: changed("voice.risk_boundaries")
    },
    content: {
      content_pillars: changed("content.content_pillars"),
      proof_types: changed("content.proof_types")
    },
    meta: { ...draft.meta, content_goal: changed("meta.content_goal") }
  }
}

/** The value that counts: the override if there is one, or else what was found. */
export const effectiveValue = (field: Field): unknown => field.override_value ?? field.value
