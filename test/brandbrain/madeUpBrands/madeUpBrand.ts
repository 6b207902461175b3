import type { Answers } from "../../../src/brandbrain/brands/answers.ts"
import type { ContentType, Platform } from "../../../src/brandbrain/config/capability.ts"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { someEvidence } from "../evidence/someEvidence.ts"

/** A brand that does not exist, with what it posted and what a reader makes of that. */
export interface MadeUpBrand {
  readonly name: string
  readonly answers: Answers
  readonly bundle: ReadonlyArray<EvidenceItem>
  /** Every name that a reader would take for a pillar of this brand, in lower case. */
  readonly topics: ReadonlyArray<string>
  /** People and places that the posts name, in lower case. */
  readonly names: ReadonlyArray<string>
}

/** A post as it reads on the platform. Its hashtags are taken from the text. */
export const post = (
  platform: Exclude<Platform, "web">,
  text: string,
  likes: number,
  more: { readonly transcript?: string; readonly title?: string } = {}
): EvidenceItem =>
  item(platform, contentTypes[platform], {
    title: more.title ?? null,
    text_primary: text,
    text_secondary: more.transcript ?? null,
    hashtags: [...new Set([...text.matchAll(/#([\p{L}\p{N}_]+)/gu)].map(([, tag = ""]) => tag.toLowerCase()))],
    metrics: { likes },
    flags: { has_transcript: more.transcript !== undefined, is_low_value: false, is_collection_page: false }
  })

/** A page of the brand's site. */
export const page = (title: string, text: string): EvidenceItem =>
  item("web", "web_page", { title, text_primary: text })

const contentTypes: Readonly<Record<Exclude<Platform, "web">, ContentType>> = {
  instagram: "post",
  linkedin: "text_post",
  tiktok: "short_video",
  youtube: "video"
}

const item = (platform: Platform, contentType: ContentType, given: Partial<EvidenceItem>): EvidenceItem =>
  someEvidence({
    id: `${platform} ${given.text_primary?.slice(0, 40) ?? ""}`,
    platform,
    content_type: contentType,
    ...given
  })
