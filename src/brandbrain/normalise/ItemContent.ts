import type { NormalisedItem } from "../evidence/EvidenceItem.ts"

/** The content of one raw item, before the registry adds its platform and content type. */
export type ItemContent = Omit<NormalisedItem, "platform" | "content_type" | "raw_refs">
