import { Either } from "effect"
import type { Capability, Target } from "../config/capability.ts"
import { addressAt, listAt, textAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import { normaliseIdentifier } from "../brands/normaliseIdentifier.ts"

/**
 * True if somebody other than the source's account or site posted the item: a feed also shows
 * what was reposted, and what others tagged the account in. An item that does not say, or that says it by
 * another kind of name than the source has, counts as the account's own.
 */
export const isByAnother = (capability: Capability, target: Target, raw: JsonObject): boolean =>
  capability === "web.crawl_pages"
    ? isOfAnotherSite(target, raw)
    : isByAnotherAccount(capability, target.identifier, raw)

const isByAnotherAccount = (capability: AccountCapability, identifier: string, raw: JsonObject) => {
  const authors = authorsOf[capability](raw).flatMap((author) =>
    author === null ? [] : Either.match(normaliseIdentifier(capability, author), {
      onLeft: () => [],
      onRight: (name) => kindOf(name) === kindOf(identifier) ? [name] : []
    })
  )
  return authors.length > 0 && !authors.includes(identifier)
}

/** A source's sites are those of all the pages that it starts at. */
const isOfAnotherSite = ({ extraStartUrls, identifier }: Target, raw: JsonObject) => {
  const site = siteOf(raw)
  return site !== null && ![identifier, ...extraStartUrls].some((url) => siteOf({ url }) === site)
}

/** The host of a page's address. That with `www.` and that without are one site. */
const siteOf = (page: JsonObject) => {
  const address = addressAt(page, "url")
  return address === null ? null : new URL(address).host.replace(/^www\./, "")
}

type AccountCapability = Exclude<Capability, "web.crawl_pages">

/** The authors of an item, as far as the actor names them. */
const authorsOf: Readonly<Record<AccountCapability, (raw: JsonObject) => ReadonlyArray<string | null>>> = {
  "instagram.posts": (raw) => instagramAuthors(raw),
  "instagram.reels": (raw) => instagramAuthors(raw),
  "linkedin.company_posts": (raw) => [textAt(raw, "author", "company_url")],
  "linkedin.profile_posts": (raw) => [textAt(raw, "author", "profile_url")],
  "tiktok.profile_videos": (raw) => [textAt(raw, "authorMeta", "name")],
  "youtube.channel_videos": (raw) => [textAt(raw, "channelId"), textAt(raw, "channelUrl")]
}

/** A post may have several authors, of whom one is named as its owner. */
const instagramAuthors = (raw: JsonObject) => {
  const owner = textAt(raw, "ownerUsername")
  return owner === null ? [] : [owner, ...listAt(raw, "coauthorProducers").map((each) => textAt(each, "username"))]
}

/** A channel's id and its handle are both names of it, as are a company's number and its slug. Only like is compared with like. */
const kindOf = (name: string) =>
  /^UC[\w-]{22}$/.test(name) ? "id" : /^\d+$/.test(name) ? "number" : /^(?:@|c\/|user\/)/.exec(name)?.[0] ?? "name"
