import { Schema } from "effect"

/** The platform of a source. */
export const Platform = Schema.Literal("instagram", "linkedin", "tiktok", "youtube", "web")
export type Platform = typeof Platform.Type

/** The type of an evidence item. With the platform it names a group of the bundle. */
export const ContentType = Schema.Literal("post", "reel", "text_post", "short_video", "video", "web_page")
export type ContentType = typeof ContentType.Type

/** Something that can be gathered, written `platform.capability`. */
export const Capability = Schema.Literal(
  "instagram.posts",
  "instagram.reels",
  "linkedin.company_posts",
  "linkedin.profile_posts",
  "tiktok.profile_videos",
  "youtube.channel_videos",
  "web.crawl_pages"
)
export type Capability = typeof Capability.Type

/** The environment variable that holds a cap. The two LinkedIn capabilities share one. */
export type CapVariable = (typeof capVariables)[number]

export const capVariables = [
  "BRANDBRAIN_CAP_IG_POSTS",
  "BRANDBRAIN_CAP_IG_REELS",
  "BRANDBRAIN_CAP_LI",
  "BRANDBRAIN_CAP_TT",
  "BRANDBRAIN_CAP_YT",
  "BRANDBRAIN_CAP_WEB"
] as const

/** The account or site that an actor looks at. Both parts are normalised. */
export interface Target {
  readonly identifier: string
  readonly extraStartUrls: ReadonlyArray<string>
}

/** One way of gathering evidence: its actor, the input it takes, and the cap on its items. */
export interface CapabilityEntry {
  readonly platform: Platform
  /** The name without the platform, as the source's row stores it. */
  readonly name: string
  readonly contentType: ContentType
  readonly actorId: string
  /** The field of the actor's input that carries the cap. */
  readonly limitField: string
  readonly defaultCap: number
  readonly capVariable: CapVariable
  /** Off unless a flag enables it, since nobody has checked this actor's items yet. */
  readonly unvalidated: boolean
  readonly input: (target: Target, cap: number) => Readonly<Record<string, unknown>>
}

/** Every capability, in the order a report lists them. */
export const registry: Readonly<Record<Capability, CapabilityEntry>> = {
  "instagram.posts": {
    platform: "instagram",
    name: "posts",
    contentType: "post",
    actorId: "apify~instagram-scraper",
    limitField: "resultsLimit",
    defaultCap: 8,
    capVariable: "BRANDBRAIN_CAP_IG_POSTS",
    unvalidated: false,
    input: ({ identifier }, cap) => ({
      directUrls: [`https://www.instagram.com/${identifier}/`],
      resultsType: "posts",
      resultsLimit: cap,
      addParentData: false
    })
  },
  "instagram.reels": {
    platform: "instagram",
    name: "reels",
    contentType: "reel",
    actorId: "apify~instagram-reel-scraper",
    limitField: "resultsLimit",
    defaultCap: 6,
    capVariable: "BRANDBRAIN_CAP_IG_REELS",
    unvalidated: false,
    input: ({ identifier }, cap) => ({
      username: [identifier],
      resultsLimit: cap,
      includeTranscript: true,
      includeSharesCount: false,
      includeDownloadedVideo: false,
      skipPinnedPosts: true
    })
  },
  "linkedin.company_posts": {
    platform: "linkedin",
    name: "company_posts",
    contentType: "text_post",
    actorId: "apimaestro~linkedin-company-posts",
    limitField: "limit",
    defaultCap: 6,
    capVariable: "BRANDBRAIN_CAP_LI",
    unvalidated: false,
    input: ({ identifier }, cap) => ({ sort: "recent", limit: cap, company_name: identifier })
  },
  "linkedin.profile_posts": {
    platform: "linkedin",
    name: "profile_posts",
    contentType: "text_post",
    actorId: "apimaestro~linkedin-profile-posts",
    limitField: "limit",
    defaultCap: 6,
    capVariable: "BRANDBRAIN_CAP_LI",
    unvalidated: true,
    input: ({ identifier }, cap) => ({ sort: "recent", limit: cap, username: identifier })
  },
  "tiktok.profile_videos": {
    platform: "tiktok",
    name: "profile_videos",
    contentType: "short_video",
    actorId: "clockworks~tiktok-scraper",
    limitField: "resultsPerPage",
    defaultCap: 6,
    capVariable: "BRANDBRAIN_CAP_TT",
    unvalidated: false,
    input: ({ identifier }, cap) => ({
      profiles: [identifier],
      profileSorting: "latest",
      resultsPerPage: cap,
      excludePinnedPosts: true,
      profileScrapeSections: ["videos"]
    })
  },
  "youtube.channel_videos": {
    platform: "youtube",
    name: "channel_videos",
    contentType: "video",
    actorId: "streamers~youtube-scraper",
    limitField: "maxResults",
    defaultCap: 6,
    capVariable: "BRANDBRAIN_CAP_YT",
    unvalidated: false,
    input: ({ identifier }, cap) => ({
      startUrls: [{ url: channelUrl(identifier) }],
      maxResults: cap,
      maxResultsShorts: 0,
      // The actor's own input table spells it this way.
      maxResultStreams: 0
    })
  },
  "web.crawl_pages": {
    platform: "web",
    name: "crawl_pages",
    contentType: "web_page",
    actorId: "apify~website-content-crawler",
    limitField: "maxCrawlPages",
    defaultCap: 3,
    capVariable: "BRANDBRAIN_CAP_WEB",
    unvalidated: false,
    input: ({ extraStartUrls, identifier }, cap) => {
      const urls = [...new Set([identifier, ...extraStartUrls.slice(0, 2)])]
      return {
        startUrls: urls.map((url) => ({ url })),
        maxCrawlDepth: 1,
        maxCrawlPages: Math.min(cap, urls.length)
      }
    }
  }
}

/** Every capability's name, in the registry's order. */
export const capabilities: ReadonlyArray<Capability> = Capability.literals

/** A channel id needs a prefix; any other identifier (`@handle`, `c/name`, `user/name`) is a path already. */
const channelUrl = (identifier: string): string =>
  /^UC[\w-]{22}$/.test(identifier)
    ? `https://www.youtube.com/channel/${identifier}`
    : `https://www.youtube.com/${identifier}`
