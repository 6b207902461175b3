import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as fc from "fast-check"
import { datasets } from "../../../src/brandbrain/actors/recorded/datasets.ts"
import { capabilities, registry } from "../../../src/brandbrain/config/capability.ts"
import type { Capability } from "../../../src/brandbrain/config/capability.ts"
import type { NormalisedItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { canonicalJson } from "../../../src/brandbrain/json/canonicalJson.ts"
import { normaliseItem } from "../../../src/brandbrain/normalise/normaliseItem.ts"

const ref = { apify_run_id: "run", item_index: 0 }

const read = (capability: Capability, raw: unknown): Partial<NormalisedItem> =>
  Either.getOrThrow(normaliseItem(capability, raw, ref))

const has = (actual: Partial<NormalisedItem>, expected: Partial<NormalisedItem>) =>
  assert.deepStrictEqual({ ...actual, ...expected }, actual)

const skipped = (capability: Capability, raw: unknown) =>
  Either.getOrThrow(Either.flip(normaliseItem(capability, raw, ref)))

describe("normalising", () => {
  it("reads an Instagram post", () => {
    const item = read("instagram.posts", {
      id: "1",
      url: "https://www.instagram.com/p/x/",
      timestamp: "2026-01-02T03:04:05.000Z",
      ownerUsername: "cobble",
      caption: "Boots 👢",
      hashtags: ["#Boots", "boots", "Resoled"],
      likesCount: 5,
      commentsCount: 0,
      videoViewCount: 9
    })
    has(item, {
      platform: "instagram",
      content_type: "post",
      external_id: "1",
      canonical_url: "https://www.instagram.com/p/x/",
      published_at: Date.UTC(2026, 0, 2, 3, 4, 5),
      author_ref: "cobble",
      title: null,
      text_primary: "Boots 👢",
      text_secondary: null,
      hashtags: ["boots", "resoled"],
      metrics: { likes: 5, comments: 0, views: 9 },
      flags: { has_transcript: false, is_low_value: false, is_collection_page: false },
      raw_refs: [ref]
    })
  })

  it("reads what is spoken in an Instagram reel", () => {
    const item = read("instagram.reels", { id: "1", transcript: "Listen." })
    assert.strictEqual(item.text_secondary, "Listen.")
    assert.isTrue(item.flags?.has_transcript)
    assert.isFalse(read("instagram.posts", { id: "1", transcript: "Listen." }).flags?.has_transcript)
  })

  it("reads a TikTok video, its hashtags by name", () => {
    has(
      read("tiktok.profile_videos", {
        id: "7",
        webVideoUrl: "https://www.tiktok.com/@cobble/video/7",
        createTimeISO: "2026-01-02T03:04:05Z",
        authorMeta: { name: "cobble" },
        text: "Boots",
        hashtags: [{ name: "Boots" }, { title: "no name" }, "loose"],
        playCount: 1,
        diggCount: 2,
        commentCount: 3,
        shareCount: 4,
        collectCount: 5
      }),
      {
        content_type: "short_video",
        author_ref: "cobble",
        hashtags: ["boots"],
        metrics: { plays: 1, likes: 2, comments: 3, shares: 4, saves: 5 }
      }
    )
  })

  it("reads a YouTube video, whose title is what it says", () => {
    has(
      read("youtube.channel_videos", {
        id: "v",
        url: "https://www.youtube.com/watch?v=v",
        date: "2026-01-02",
        channelId: "UC1",
        title: "Boots",
        text: "About boots",
        viewCount: 10,
        likes: 2,
        commentsCount: 1
      }),
      {
        content_type: "video",
        published_at: Date.UTC(2026, 0, 2),
        author_ref: "UC1",
        title: "Boots",
        text_primary: "Boots",
        text_secondary: "About boots",
        metrics: { views: 10, likes: 2, comments: 1 }
      }
    )
  })

  it("reads a LinkedIn post, its date as UTC and its hashtags out of its text", () => {
    const raw = {
      activity_urn: "a",
      full_urn: "f",
      post_url: "https://www.linkedin.com/posts/a",
      posted_at: { date: "2026-01-02 03:04:05" },
      author: {
        company_url: "https://www.linkedin.com/company/cobble",
        profile_url: "https://www.linkedin.com/in/ada"
      },
      text: "We mend #Boots, #boots and #öfen.",
      stats: { total_reactions: 9, like: 7, total_comments: 2, reposts: 1 }
    }
    has(read("linkedin.company_posts", raw), {
      content_type: "text_post",
      external_id: "a",
      published_at: Date.UTC(2026, 0, 2, 3, 4, 5),
      author_ref: "https://www.linkedin.com/company/cobble",
      hashtags: ["boots", "öfen"],
      metrics: { reactions: 9, likes: 7, comments: 2, reposts: 1 }
    })
    assert.strictEqual(read("linkedin.profile_posts", raw).author_ref, "https://www.linkedin.com/in/ada")
    assert.strictEqual(read("linkedin.company_posts", { ...raw, activity_urn: null }).external_id, "f")
  })

  it("takes a LinkedIn post's instant over its date, which is written in some zone", () => {
    const posted = (posted_at: unknown) => read("linkedin.company_posts", { activity_urn: "a", posted_at }).published_at
    const date = "2026-01-02 04:04:05"
    assert.strictEqual(posted({ date, timestamp: Date.UTC(2026, 0, 2, 3, 4, 5) }), Date.UTC(2026, 0, 2, 3, 4, 5))
    for (const timestamp of [null, 0, -1, 1.5, 1e300, "1767323045000"]) {
      assert.strictEqual(posted({ date, timestamp }), Date.UTC(2026, 0, 2, 4, 4, 5))
    }
  })

  it("skips a page that a server shows when there is none, however long it is", () => {
    const page = (httpStatusCode: unknown) => ({
      url: "https://cobble.example/gone",
      text: "Sorry. ".repeat(100),
      crawl: { httpStatusCode }
    })
    assert.strictEqual(skipped("web.crawl_pages", page(404)), "error_page")
    assert.strictEqual(skipped("web.crawl_pages", page(500)), "error_page")
    assert.isFalse(read("web.crawl_pages", page(200)).flags?.is_low_value)
    assert.isFalse(read("web.crawl_pages", page(null)).flags?.is_low_value)
  })

  const channel = "UCq1LlHaVeNc0ffee_Roast3"
  const authors: ReadonlyArray<readonly [Capability, string, object, object, object]> = [
    ["instagram.reels", "cobble", { ownerUsername: "Cobble" }, { ownerUsername: "ada" }, { ownerUsername: 7 }],
    [
      "linkedin.company_posts",
      "cobble-boots",
      { author: { company_url: "https://www.linkedin.com/company/Cobble-Boots/posts" } },
      { author: { company_url: "https://www.linkedin.com/company/other" } },
      { author: { company_url: "https://www.linkedin.com/company/1234567" } }
    ],
    [
      "linkedin.profile_posts",
      "ada",
      { author: { profile_url: "https://www.linkedin.com/in/ada" } },
      { author: { profile_url: "https://www.linkedin.com/in/eve" } },
      { author: "Ada" }
    ],
    [
      "tiktok.profile_videos",
      "cobble",
      { authorMeta: { name: "cobble" } },
      { authorMeta: { name: "ada" } },
      { authorMeta: {} }
    ],
    ["youtube.channel_videos", channel, { channelId: channel }, { channelId: `${channel.slice(0, -1)}4` }, {}],
    [
      "youtube.channel_videos",
      "@cobble",
      { channelId: channel, channelUrl: "https://www.youtube.com/@Cobble" },
      { channelId: channel, channelUrl: "https://www.youtube.com/@other" },
      { channelId: channel }
    ],
    [
      "web.crawl_pages",
      "https://www.cobble.example/shop",
      { url: "http://cobble.example/care" },
      { url: "https://www.quillhaven.example/" },
      { metadata: { canonicalUrl: "https://cobble.example/" } }
    ],
    [
      "web.crawl_pages",
      "https://cobble.example",
      { url: "https://help.cobble.example/boots" },
      { url: "https://blog.cobble.example.quillhaven.example/" },
      { metadata: { canonicalUrl: "https://cobble.example/" } }
    ]
  ]
  it.each(authors)("skips what another author posted: %s of %s", (capability, identifier, own, other, unsaid) => {
    const target = { identifier, extraStartUrls: ["https://help.cobble.example"] }
    const of = (author: object) => normaliseItem(capability, { id: "1", activity_urn: "1", ...author }, ref, target)
    assert.isTrue(Either.isRight(of(own)))
    assert.deepStrictEqual(of(other), Either.left("another_author"))
    assert.isTrue(Either.isRight(of(unsaid)))
  })

  it("reads a web page, its date and kind out of its linked data", () => {
    const text = "Boots. ".repeat(40)
    const raw = {
      url: "https://cobble.example/care?x=1#top",
      text,
      metadata: {
        canonicalUrl: "https://cobble.example/care",
        title: "Care",
        description: "How to care",
        jsonLd: [{
          "@graph": [{ "@type": ["WebPage"] }, { "@type": "Article", datePublished: "2026-01-02T01:00:00+01:00" }]
        }]
      }
    }
    has(read("web.crawl_pages", raw), {
      content_type: "web_page",
      external_id: null,
      canonical_url: "https://cobble.example/care",
      published_at: Date.UTC(2026, 0, 2),
      author_ref: "cobble.example",
      text_secondary: "How to care",
      flags: { has_transcript: false, is_low_value: false, is_collection_page: false }
    })
    assert.strictEqual(read("web.crawl_pages", { url: raw.url, text }).canonical_url, "https://cobble.example/care?x=1")
    assert.isTrue(read("web.crawl_pages", { url: raw.url, text: "short" }).flags?.is_low_value)
    const list = read("web.crawl_pages", { url: raw.url, text, metadata: { jsonLd: { "@type": "CollectionPage" } } })
    assert.deepInclude(list.flags, { is_collection_page: true, is_low_value: true })
  })

  it("makes null of a field that is missing or of the wrong type", () => {
    has(
      read("instagram.posts", {
        id: "1",
        url: "not an address",
        timestamp: "yesterday",
        ownerUsername: 7,
        caption: ["a"],
        hashtags: { a: 1 },
        likesCount: "1,204",
        commentsCount: -1
      }),
      {
        canonical_url: null,
        published_at: null,
        author_ref: null,
        text_primary: null,
        hashtags: [],
        metrics: { likes: null, comments: null, views: null },
        flags: { has_transcript: false, is_low_value: true, is_collection_page: false }
      }
    )
    assert.isNull(read("youtube.channel_videos", { id: "v", date: "2026-02-30" }).published_at)
  })

  it("keeps no character that a database would lose", () => {
    assert.strictEqual(read("instagram.posts", { id: "1", caption: "a\u0000b\ud800" }).text_primary, "a\ufffdb\ufffd")
  })

  it("skips what is no evidence, saying why", () => {
    assert.strictEqual(skipped("instagram.posts", [{ id: "1" }]), "not_an_object")
    assert.strictEqual(skipped("instagram.posts", { id: "1", error: "not_found" }), "error_item")
    assert.strictEqual(skipped("tiktok.profile_videos", { id: "1", "#error": true }), "error_item")
    assert.strictEqual(skipped("tiktok.profile_videos", { id: 1 }), "no_external_id")
    assert.strictEqual(skipped("web.crawl_pages", { url: "/relative", text: "x" }), "no_canonical_url")
    assert.isTrue(Either.isRight(normaliseItem("youtube.channel_videos", { id: "1", error: null }, ref)))
  })

  it("never throws, whatever JSON it is given", () => {
    const keys = fc.constantFrom(
      ..."id url text error hashtags authorMeta name metadata jsonLd @graph @type datePublished posted_at date stats like author company_url media items timestamp caption transcript activity_urn canonicalUrl __proto__ constructor"
        .split(" ")
    )
    const odd = fc.oneof(
      fc.constantFrom(
        "1",
        "",
        "https://a.example/x",
        "2026-01-02",
        "2026-13-45 99:99:99",
        "CollectionPage",
        Infinity,
        -0
      ),
      fc.fullUnicodeString()
    )
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue(),
        odd,
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(keys, tie("json"), { maxKeys: 8 })
      )
    }))
    fc.assert(
      fc.property(fc.constantFrom(...capabilities), json, (capability, raw) => {
        const item = normaliseItem(capability, raw, ref)
        if (Either.isRight(item)) {
          assert.strictEqual(item.right.platform, registry[capability].platform)
          assert.deepStrictEqual(JSON.parse(canonicalJson(item.right)), JSON.parse(JSON.stringify(item.right)))
        }
      }),
      { numRuns: 5_000 }
    )
  })

  it("reads every recorded item as evidence or says why not, and there are some of both", () => {
    for (const capability of capabilities) {
      const items = (datasets[registry[capability].actorId] ?? []).map((raw) => normaliseItem(capability, raw, ref))
      assert.isTrue(items.some(Either.isRight), capability)
      assert.isTrue(capability === "web.crawl_pages" || items.some(Either.isLeft), capability)
    }
  })
})
