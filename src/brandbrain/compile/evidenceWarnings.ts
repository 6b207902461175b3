import type { EvidenceStatus } from "./EvidenceStatus.ts"

/** Warns a reader of the snapshot, in a sentence, that some evidence could not be gathered. */
export const evidenceWarnings = ({ failed, refreshed, reused, skipped }: EvidenceStatus): ReadonlyArray<string> => {
  const gathered = refreshed.length + reused.length
  const names = [...failed, ...gathered === 0 ? skipped : []].map(({ source }) => source).join(", ")
  if (gathered + failed.length + skipped.length === 0) {
    return ["No source is enabled: this snapshot is based on the answers and older evidence"]
  }
  if (gathered === 0) {
    return failed.length === 0
      ? [
        `Every source has a disabled capability (${names}): this snapshot is based on the answers and older evidence`
      ]
      : [`No source could be gathered from (${names}): this snapshot is based on the answers and older evidence`]
  }
  return failed.length === 0 ? [] : [`${failed.length} of ${gathered + failed.length} sources failed: ${names}`]
}
