import type { EvidenceItem } from "../evidence/EvidenceItem.ts"

/** Something that evidence is about. */
export interface Subject {
  /** Its words, in lower case and folded. */
  readonly name: string
  readonly items: Set<EvidenceItem>
  /** The items whose hashtags name it. */
  readonly tagged: Set<EvidenceItem>
  /** Its spelling at each place that names it. */
  readonly spellings: Array<string>
}

/** One place that names a subject. */
export interface Mention {
  readonly name: string
  readonly spelling: string
}
