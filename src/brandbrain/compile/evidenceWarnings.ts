import type { EvidenceStatus } from "./EvidenceStatus.ts"

/** Tells a reader of the snapshot, in a sentence, if not all of its evidence could be gathered. */
export const evidenceWarnings = ({ failed, refreshed, reused, skipped }: EvidenceStatus): ReadonlyArray<string> => {
  const gathered = refreshed.length + reused.length
  const names = [...failed, ...gathered === 0 ? skipped : []].map(({ source }) => source).join(", ")
  if (gathered + failed.length + skipped.length === 0) {
    return ["No source was gathered from, as none is enabled: this rests on the answers and older evidence"]
  }
  if (gathered === 0) {
    return failed.length === 0
      ? [
        `No source was gathered from, as all are of disabled capabilities (${names}): this rests on the answers and older evidence`
      ]
      : [`No source could be gathered from (${names}): this rests on the answers and older evidence`]
  }
  return failed.length === 0 ? [] : [`${failed.length} of ${gathered + failed.length} sources failed: ${names}`]
}
