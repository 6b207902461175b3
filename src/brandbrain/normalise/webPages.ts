import { addressAt, instantAt, isObject, textAt, valueAt } from "../json/readJson.ts"
import type { JsonObject } from "../json/readJson.ts"
import type { ItemContent } from "./ItemContent.ts"

/** Reads an item of apify~website-content-crawler. */
export const readPage = (raw: JsonObject): ItemContent => {
  const url = addressAt(raw, "url")
  const text = textAt(raw, "text")
  const nodes = linkedData(valueAt(raw, "metadata", "jsonLd"))
  const collection = nodes.some((node) => types(node).includes("CollectionPage"))
  return {
    external_id: null,
    canonical_url: addressAt(raw, "metadata", "canonicalUrl") ?? url,
    published_at: nodes.map((node) => instantAt(node, "datePublished")).find((instant) => instant !== null) ?? null,
    author_ref: url === null ? null : new URL(url).host,
    title: textAt(raw, "metadata", "title"),
    text_primary: text,
    text_secondary: textAt(raw, "metadata", "description"),
    hashtags: [],
    metrics: {},
    media: [],
    flags: {
      has_transcript: false,
      is_low_value: collection || text === null || text.length < minPageLength,
      is_collection_page: collection
    }
  }
}

/** Shorter pages are banners, redirects and cookie notices. */
const minPageLength = 200

/** The nodes of JSON-LD: the top one or ones, and those in a `@graph`. */
const linkedData = (value: unknown): ReadonlyArray<JsonObject> => {
  const top = (Array.isArray(value) ? value : [value]).filter(isObject)
  const graphs = top.flatMap((node) => valueAt(node, "@graph")).filter(isObject)
  return top.concat(graphs)
}

const types = (node: JsonObject): ReadonlyArray<unknown> => {
  const type = valueAt(node, "@type")
  return Array.isArray(type) ? type : [type]
}
