import type { Draft } from "../../../src/brandbrain/draft/Draft.ts"
import { reportFeatures } from "../../../src/brandbrain/draft/featureReport.ts"
import { answers } from "../memoryApp.ts"
import { drafted } from "./drafting.ts"

/** A draft of the sample answers, without evidence. */
export const draftOfAnswers = (changed: Readonly<Record<string, unknown>> = {}): Draft =>
  drafted({
    brandName: "Cobble",
    answers: { ...answers, "tier1.taboos": ["glue", "haste"], ...changed },
    bundle: [],
    bundleId: "bundle",
    report: reportFeatures([]),
    reportId: "report"
  })
