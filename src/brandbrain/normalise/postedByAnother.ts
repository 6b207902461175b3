import { Either } from "effect"
import { normaliseIdentifier } from "../brands/normaliseIdentifier.ts"
import type { Capability, Target } from "../config/capability.ts"
import { addressAt, listAt, textAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"

/**
 * True if the item was posted by another account or site than the source's.
 *
 * A feed also shows reposts, and posts of others that tag the account. An item that names no author, or names it by
 * another kind of name than the source's, counts as the account's own.
 */
export const isPostedByAnother = (capability: Capability, target: Target, raw: JsonObject): boolean =>
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

/** A source's sites are those of all its start pages. */
const isOfAnotherSite = ({ extraStartUrls, identifier }: Target, raw: JsonObject) => {
  const site = siteOf(raw)
  return site !== null && ![identifier, ...extraStartUrls].some((url) => siteOf({ url }) === site)
}

/** The host of a page's address, without `www.`. */
const siteOf = (page: JsonObject) => {
  const address = addressAt(page, "url")
  return address === null ? null : new URL(address).host.replace(/^www\./, "")
}

type AccountCapability = Exclude<Capability, "web.crawl_pages">

/** The authors of an item that the actor names. */
const authorsOf: Readonly<Record<AccountCapability, (raw: JsonObject) => ReadonlyArray<string | null>>> = {
  "instagram.posts": (raw) => instagramAuthors(raw),
  "instagram.reels": (raw) => instagramAuthors(raw),
  "linkedin.company_posts": (raw) => [textAt(raw, "author", "company_url")],
  "linkedin.profile_posts": (raw) => [textAt(raw, "author", "profile_url")],
  "tiktok.profile_videos": (raw) => [textAt(raw, "authorMeta", "name")],
  "youtube.channel_videos": (raw) => [textAt(raw, "channelId"), textAt(raw, "channelUrl")]
}

/** A post has one owner and may have coauthors. */
const instagramAuthors = (raw: JsonObject) => {
  const owner = textAt(raw, "ownerUsername")
  return owner === null ? [] : [owner, ...listAt(raw, "coauthorProducers").map((each) => textAt(each, "username"))]
}

/** A channel has an id and a handle, a company a number and a slug. Only names of one kind are compared. */
const kindOf = (name: string) =>
  /^UC[\w-]{22}$/.test(name) ? "id" : /^\d+$/.test(name) ? "number" : /^(?:@|c\/|user\/)/.exec(name)?.[0] ?? "name"
