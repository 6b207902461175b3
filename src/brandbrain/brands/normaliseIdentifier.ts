import { Either, Schema } from "effect"
import { Capability } from "../config/capability.ts"

/** The text names no account or page of the capability. Nothing was saved. */
export class InvalidIdentifier extends Schema.TaggedError<InvalidIdentifier>()("InvalidIdentifier", {
  capability: Capability,
  value: Schema.String,
  allowed: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.value)} is not an identifier for ${this.capability}; expected ${this.allowed}`
  }
}

/**
 * Normalises the spelling of an account or page, so that one account is one source.
 *
 * Normalising twice changes nothing. Handles and slugs become lower case, since their platforms ignore case; YouTube's
 * channel ids keep theirs.
 */
export const normaliseIdentifier = (
  capability: Capability,
  value: string
): Either.Either<string, InvalidIdentifier> => {
  const { allowed, read } = readers[capability]
  const trimmed = value.trim()
  const identifier = trimmed.length <= longestAddress ? read(trimmed) : null
  // Escapes may have made it longer, and an index of PostgreSQL holds 2.7 kB.
  return identifier === null || identifier.length > longestAddress
    ? Either.left(new InvalidIdentifier({ capability, value: value.slice(0, 200), allowed }))
    : Either.right(identifier)
}

/** The longest address that browsers and servers commonly accept. */
export const longestAddress = 2048

interface Reader {
  readonly allowed: string
  /** Null if the text names nothing. */
  readonly read: (text: string) => string | null
}

const instagram: Reader = {
  allowed: "a handle of at most 30 letters, digits, dots and underscores, or its instagram.com address",
  read: (text) => matching(/^[a-z0-9._]{1,30}$/, lowered(bare(fromUrl(text, "instagram.com", /^\/([^/]+)/))))
}

const readers: Readonly<Record<Capability, Reader>> = {
  "instagram.posts": instagram,
  "instagram.reels": instagram,
  "linkedin.company_posts": {
    allowed: "a company's slug, or its linkedin.com/company address",
    read: (text) => slug(fromUrl(text, "linkedin.com", /^\/(?:company|showcase|school)\/([^/]+)/))
  },
  "linkedin.profile_posts": {
    allowed: "a person's slug, or its linkedin.com/in address",
    read: (text) => slug(fromUrl(text, "linkedin.com", /^\/in\/([^/]+)/))
  },
  "tiktok.profile_videos": {
    allowed: "a handle of 2 to 24 letters, digits, dots and underscores, or its tiktok.com address",
    read: (text) => matching(/^[a-z0-9._]{2,24}$/, lowered(bare(fromUrl(text, "tiktok.com", /^\/(@[^/]+)/))))
  },
  "youtube.channel_videos": {
    allowed: "a channel id (UC and 22 characters), a @handle, or the channel's youtube.com address",
    read: (text) => channel(fromUrl(text, "youtube.com", /^\/((?:channel|c|user)\/[^/]+|@[^/]+)/))
  },
  "web.crawl_pages": {
    allowed: "an http or https address without user name and password",
    read: (text) => webAddress(text)
  }
}

const slug = (text: string | null) => matching(/^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}._&'-]{0,99}$/u, lowered(text))

const channel = (text: string | null): string | null => {
  if (text === null) {
    return null
  }
  const id = text.startsWith("channel/") ? text.slice("channel/".length) : text
  if (/^UC[\w-]{22}$/.test(id)) {
    return id
  }
  if (text.startsWith("channel/")) {
    return null
  }
  const legacy = /^(c|user)\/([\p{L}\p{M}\p{N}._-]{1,100})$/u.exec(text)
  return legacy === null
    ? matching(/^@[\p{L}\p{M}\p{N}._·-]{3,30}$/u, lowered(text.startsWith("@") ? text : `@${text}`))
    : lowered(text)
}

/** Keeps the query, which may tell two pages of a site apart. */
const webAddress = (text: string): string | null => {
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/:]+:\d+/.test(text) ? text : `https://${text}`)
  if (url === null || url.username !== "" || url.password !== "" || !url.hostname.includes(".")) {
    return null
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}${url.search}`
}

/** The account's name out of a profile address; the text itself if it is not an address. */
const fromUrl = (text: string, host: string, path: RegExp): string | null => {
  const spelledOut = /^https?:\/\//i.test(text)
  if (!spelledOut && !new RegExp(`^(?:[a-z]+\\.)?${host.replace(".", "\\.")}/`, "i").test(text)) {
    return text
  }
  const url = parseUrl(spelledOut ? text : `https://${text}`)
  if (url === null || (url.hostname !== host && !url.hostname.endsWith(`.${host}`))) {
    return null
  }
  return decoded(path.exec(url.pathname)?.[1] ?? null)
}

const parseUrl = (text: string): URL | null => {
  if (!URL.canParse(text)) {
    return null
  }
  const url = new URL(text)
  return url.protocol === "https:" || url.protocol === "http:" ? url : null
}

const decoded = (text: string | null): string | null => {
  try {
    return text === null ? null : decodeURIComponent(text)
  } catch {
    return null
  }
}

const bare = (text: string | null) => text?.replace(/^@/, "") ?? null

// Lower case can decompose a composed letter (İ), so the form is normalised after it.
const lowered = (text: string | null) => text?.toLowerCase().normalize("NFC") ?? null

const matching = (pattern: RegExp, text: string | null) => text !== null && pattern.test(text) ? text : null
