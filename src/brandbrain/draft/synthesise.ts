import { countPhrases } from "../language/countPhrases.ts"
import { Array } from "effect"
import { said } from "../brands/answers.ts"
import type { AnswerKey, Answers } from "../brands/answers.ts"
import type { Backing, Draft, Field } from "./Draft.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import type { FeatureReport } from "./featureReport.ts"
import { claims, proofs, tones } from "./lexicon.ts"
import { contentPillars } from "./contentPillars.ts"
import type { Reading } from "../language/readBundle.ts"
import { hasPhrase, plain, sentences, words } from "../language/textAnalysis.ts"

/** All that a draft is drawn from. */
export interface DraftInput {
  readonly brandName: string
  readonly answers: Answers
  /** Best first, as the bundle was chosen. */
  readonly bundle: ReadonlyArray<EvidenceItem>
  readonly bundleId: string
  readonly report: FeatureReport
  readonly reportId: string
}

/**
 * Writes the draft by rule: what an answer says is taken from it, the rest is read out of the evidence.
 *
 * Nothing is invented. A statement that neither an answer nor evidence backs is empty, with confidence 0. What is drawn
 * from evidence in a language that is not wholly understood is less sure, and the draft says so.
 */
export const synthesise = (input: DraftInput, reading: Reading): Draft => {
  const { subjects, wording } = reading.languages.understood
  return {
    positioning: {
      what_we_do: answered(input.answers, "tier0.what_we_do"),
      who_for: answered(input.answers, "tier0.who_for"),
      differentiators: answeredOr(
        input.answers,
        ["tier1.differentiators", "tier0.edge"],
        () => lessSure(differentiators(input.bundle), wording)
      )
    },
    voice: {
      cta_policy: ctaPolicy(input, wording),
      tone_tags: answeredOr(input.answers, ["tier0.tone_words"], () => lessSure(toneTags(input.bundle), wording)),
      taboos: answeredOr(input.answers, ["tier0.taboos", "tier1.taboos"], () => found([], [])),
      risk_boundaries: answeredOr(
        input.answers,
        ["tier1.risk_boundaries", "tier2.risk_boundaries"],
        () => found([], [])
      )
    },
    content: {
      content_pillars: pillars(input, reading, subjects),
      proof_types: lessSure(proofTypes(input.bundle), wording)
    },
    meta: {
      content_goal: answered(input.answers, "tier0.primary_goal"),
      evidence_summary: { bundle_id: input.bundleId, item_count: input.bundle.length },
      feature_report_id: input.reportId,
      language: reading.languages.main,
      warnings: reading.languages.warnings
    }
  }
}

const answeredConfidence = 0.9

/** A statement cites at most this much evidence: enough to check it by. */
const cited = 5

const field = (value: unknown, confidence: number, sources: ReadonlyArray<Backing>): Field => ({
  value,
  confidence,
  sources,
  locked: false,
  override_value: null
})

const answered = (answers: Answers, key: AnswerKey): Field => {
  const [answer] = said(answers, key)
  return answer === undefined ? field(null, 0, []) : field(answer, answeredConfidence, [backedBy(key)])
}

/** A list that several questions ask for: what was answered to any of them, each once. */
const answeredOr = (answers: Answers, keys: ReadonlyArray<AnswerKey>, otherwise: () => Field): Field => {
  const answered = keys.filter((key) => said(answers, key).length > 0)
  return answered.length === 0
    ? otherwise()
    : field([...new Set(answered.flatMap((key) => said(answers, key)))], answeredConfidence, answered.map(backedBy))
}

const backedBy = (key: AnswerKey): Backing => ({ type: "answer", id: key })

/** What only evidence backs: surer the more items say it, and never as sure as an answer. */
const found = (value: ReadonlyArray<unknown>, backing: ReadonlyArray<EvidenceItem>): Field => {
  const items = [...new Set(backing)]
  return value.length === 0 || items.length === 0
    ? field([], 0, [])
    : field(value, Math.min(80, 30 + 5 * items.length) / 100, items.slice(0, cited).map(evidence))
}

/** The same statement, of evidence that is understood in part. */
const lessSure = (field: Field, understood: number): Field => ({
  ...field,
  confidence: Math.round(field.confidence * understood * 100) / 100
})

const evidence = (item: EvidenceItem): Backing => ({ type: "evidence", id: item.id })

const differentiators = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const claimed = bundle.flatMap((item) =>
    sentences(words(item))
      .filter((sentence) => sentence.length <= 180)
      .map((sentence) => ({ item, sentence, made: claims.filter((claim) => claim.test(plain(sentence))) }))
  )
  const chosen: typeof claimed = []
  while (chosen.length < 3) {
    // Each makes the most claims that those before it do not make; among equals the one of the best item.
    const [next] = claimed
      .filter(({ item }) => !chosen.some((earlier) => earlier.item === item))
      .map((each) => ({ each, more: Array.difference(each.made, chosen.flatMap(({ made }) => made)).length }))
      .sort((a, b) => b.more - a.more)
    if (next === undefined || next.more === 0) {
      break
    }
    chosen.push(next.each)
  }
  return found(chosen.map(({ sentence }) => sentence), chosen.map(({ item }) => item))
}

const ctaPolicy = ({ answers, bundle, report }: DraftInput, understood: number): Field => {
  const posture = answered(answers, "tier0.cta_posture")
  const usual = report.overall.cta_phrases.filter(({ items }) => items >= 2).slice(0, 3).map(({ phrase }) => phrase)
  const asking = bundle.filter((item) => usual.some((phrase) => hasPhrase(plain(words(item)), phrase)))
  const practice = { share_of_items_that_ask: report.overall.cta_share, usual_phrases: usual }
  return posture.confidence > 0
    ? field({ posture: posture.value, ...practice }, posture.confidence, [
      ...posture.sources,
      ...asking.slice(0, cited).map(evidence)
    ])
    : {
      ...lessSure(found(usual, asking), understood),
      value: usual.length === 0 ? null : { posture: null, ...practice }
    }
}

const toneTags = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const texts = bundle.map((item) => ({ item, text: plain(words(item)) })).filter(({ text }) => text !== "")
  const heard = countPhrases(
    tones.flatMap(([tag, pattern, atLeast]) => {
      const matching = texts.filter(({ text }) => pattern.test(text))
      return matching.length >= 2 && matching.length >= atLeast * texts.length ? matching.map(() => tag) : []
    })
  ).slice(0, 5).map(({ phrase }) => phrase)
  const patterns = tones.filter(([tag]) => heard.includes(tag)).map(([, pattern]) => pattern)
  const voices = (text: string) => patterns.filter((pattern) => pattern.test(text)).length
  // The items in which most of the voice is heard are the ones worth showing.
  const backing = texts.filter(({ text }) => voices(text) > 0).sort((a, b) => voices(b.text) - voices(a.text))
  return found(heard, backing.map(({ item }) => item))
}

const pillars = ({ answers, bundle }: DraftInput, reading: Reading, understood: number): Field => {
  const seeds = said(answers, "tier1.pillars_seed")
  const backed = contentPillars({ ...reading, bundle, seeds })
  const shown = found(backed.map(({ pillar }) => pillar), backed.flatMap(({ items }) => items.slice(0, 2)))
  return seeds.length === 0
    ? lessSure(shown, understood)
    : field(backed.map(({ pillar }) => pillar), answeredConfidence, [backedBy("tier1.pillars_seed"), ...shown.sources])
}

const proofTypes = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const shown = proofs.flatMap(([type, pattern]) =>
    bundle.filter((item) => pattern.test(plain(words(item)))).map((item) => ({ type, item }))
  )
  const types = countPhrases(shown.map(({ type }) => type)).filter(({ items }) => items >= 2)
  return found(
    types.map(({ items, phrase }) => ({ type: phrase, item_count: items })),
    types.flatMap(({ phrase }) => shown.filter(({ type }) => type === phrase).slice(0, 2).map(({ item }) => item))
  )
}
