import { Array } from "effect"
import { answersTo } from "../brands/answers.ts"
import type { Answers } from "../brands/answers.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { countPhrases } from "../language/countPhrases.ts"
import { foldCase, hasPhrase, splitSentences, textOf } from "../language/textAnalysis.ts"
import type { BundleReading } from "../subjects/readBundle.ts"
import { contentPillars } from "./contentPillars.ts"
import type { Draft, Field } from "./Draft.ts"
import type { FeatureReport } from "./featureReport.ts"
import { answered, answeredOr, backedByAnswers, backedByEvidence, cite, lessSure } from "./fields.ts"
import { claims, proofs, tones } from "./lexicon.ts"

/** Everything a draft is made of. */
export interface DraftInput {
  readonly brandName: string
  readonly answers: Answers
  /** Best first, as the bundle was selected. */
  readonly bundle: ReadonlyArray<EvidenceItem>
  readonly bundleId: string
  readonly report: FeatureReport
  readonly reportId: string
}

/**
 * Writes a draft by rule, from the brand's answers and from what was read in the evidence.
 *
 * It invents nothing. A statement that nothing backs is empty, with confidence 0. A statement from evidence in a
 * language that is only partly understood is less sure, and the draft's warnings say so.
 */
export const synthesise = (input: DraftInput, reading: BundleReading): Draft => {
  const { answers, bundle } = input
  const { subjects, wording } = reading.languages.understood
  const nothing = () => backedByEvidence([], [])
  return {
    positioning: {
      what_we_do: answered(answers, "tier0.what_we_do"),
      who_for: answered(answers, "tier0.who_for"),
      differentiators: answeredOr(
        answers,
        ["tier1.differentiators", "tier0.edge"],
        () => lessSure(differentiators(bundle), wording)
      )
    },
    voice: {
      cta_policy: ctaPolicy(input, wording),
      tone_tags: answeredOr(answers, ["tier0.tone_words"], () => lessSure(toneTags(bundle), wording)),
      taboos: answeredOr(answers, ["tier0.taboos", "tier1.taboos"], nothing),
      risk_boundaries: answeredOr(answers, ["tier1.risk_boundaries", "tier2.risk_boundaries"], nothing)
    },
    content: {
      content_pillars: pillars(input, reading, subjects),
      proof_types: lessSure(proofTypes(bundle), wording)
    },
    meta: {
      content_goal: answered(answers, "tier0.primary_goal"),
      evidence_summary: { bundle_id: input.bundleId, item_count: bundle.length },
      feature_report_id: input.reportId,
      language: reading.languages.main,
      synthesizer: "rules",
      warnings: reading.languages.warnings
    }
  }
}

const differentiators = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const claiming = bundle.flatMap((item) =>
    splitSentences(textOf(item))
      .filter((sentence) => sentence.length <= 180)
      .map((sentence) => ({ item, sentence, made: claims.filter((claim) => claim.test(foldCase(sentence))) }))
  )
  const chosen: typeof claiming = []
  while (chosen.length < 3) {
    // Takes the sentence with the most claims that are not made yet; of equal ones, that of the best item.
    const [next] = claiming
      .filter(({ item }) => !chosen.some((earlier) => earlier.item === item))
      .map((each) => ({ each, more: Array.difference(each.made, chosen.flatMap(({ made }) => made)).length }))
      .sort((a, b) => b.more - a.more)
    if (next === undefined || next.more === 0) {
      break
    }
    chosen.push(next.each)
  }
  return backedByEvidence(chosen.map(({ sentence }) => sentence), chosen.map(({ item }) => item))
}

const ctaPolicy = ({ answers, bundle, report }: DraftInput, understood: number): Field => {
  const [posture] = answersTo(answers, "tier0.cta_posture")
  const usual = report.overall.cta_phrases.filter(({ items }) => items >= 2).slice(0, 3).map(({ phrase }) => phrase)
  const asking = bundle.filter((item) => usual.some((phrase) => hasPhrase(foldCase(textOf(item)), phrase)))
  const practice = { share_of_items_that_ask: report.overall.cta_share, usual_phrases: usual }
  return posture === undefined
    ? {
      ...lessSure(backedByEvidence(usual, asking), understood),
      value: usual.length === 0 ? null : { posture: null, ...practice }
    }
    : backedByAnswers({ posture, ...practice }, ["tier0.cta_posture"], cite(asking))
}

const toneTags = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const texts = bundle.map((item) => ({ item, text: foldCase(textOf(item)) })).filter(({ text }) => text !== "")
  const heard = countPhrases(
    tones.flatMap(([tag, pattern, atLeast]) => {
      const matching = texts.filter(({ text }) => pattern.test(text))
      return matching.length >= 2 && matching.length >= atLeast * texts.length ? matching.map(() => tag) : []
    })
  ).slice(0, 5).map(({ phrase }) => phrase)
  const patterns = tones.filter(([tag]) => heard.includes(tag)).map(([, pattern]) => pattern)
  const tonesIn = (text: string) => patterns.filter((pattern) => pattern.test(text)).length
  // The items with the most of the tones are cited first.
  const backing = texts.filter(({ text }) => tonesIn(text) > 0).sort((a, b) => tonesIn(b.text) - tonesIn(a.text))
  return backedByEvidence(heard, backing.map(({ item }) => item))
}

const pillars = ({ answers, bundle }: DraftInput, reading: BundleReading, understood: number): Field => {
  const seeds = answersTo(answers, "tier1.pillars_seed")
  const backed = contentPillars({ ...reading, bundle, seeds })
  const value = backed.map(({ pillar }) => pillar)
  const fromEvidence = backedByEvidence(value, backed.flatMap(({ items }) => items.slice(0, 2)))
  return seeds.length === 0
    ? lessSure(fromEvidence, understood)
    : backedByAnswers(value, ["tier1.pillars_seed"], fromEvidence.sources)
}

const proofTypes = (bundle: ReadonlyArray<EvidenceItem>): Field => {
  const shown = proofs.flatMap(([type, pattern]) =>
    bundle.filter((item) => pattern.test(foldCase(textOf(item)))).map((item) => ({ type, item }))
  )
  const types = countPhrases(shown.map(({ type }) => type)).filter(({ items }) => items >= 2)
  return backedByEvidence(
    types.map(({ items, phrase }) => ({ type: phrase, item_count: items })),
    types.flatMap(({ phrase }) => shown.filter(({ type }) => type === phrase).slice(0, 2).map(({ item }) => item))
  )
}
