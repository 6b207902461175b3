import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as fc from "fast-check"
import { normaliseIdentifier } from "../../../src/brandbrain/brands/normaliseIdentifier.ts"
import { capabilities } from "../../../src/brandbrain/config/capability.ts"
import type { Capability } from "../../../src/brandbrain/config/capability.ts"

describe("an identifier", () => {
  const spellings: ReadonlyArray<readonly [Capability, string, string]> = [
    ["instagram.posts", "  @Cobble.Boots ", "cobble.boots"],
    ["instagram.posts", "https://www.instagram.com/cobble_boots/?hl=en#top", "cobble_boots"],
    ["instagram.reels", "instagram.com/cobble/reels/", "cobble"],
    ["tiktok.profile_videos", "@cobble", "cobble"],
    ["tiktok.profile_videos", "https://www.tiktok.com/@Cobble?lang=de", "cobble"],
    ["linkedin.company_posts", "https://de.linkedin.com/company/Cobble-Boots/about/", "cobble-boots"],
    ["linkedin.company_posts", "Cobble-Boots", "cobble-boots"],
    ["linkedin.profile_posts", "https://www.linkedin.com/in/Ada-L%C3%B6v/", "ada-löv"],
    [
      "youtube.channel_videos",
      "https://www.youtube.com/channel/UCaBcDeFgHiJkLmNoPqRsTuV/videos",
      "UCaBcDeFgHiJkLmNoPqRsTuV"
    ],
    ["youtube.channel_videos", "UCaBcDeFgHiJkLmNoPqRsTuV", "UCaBcDeFgHiJkLmNoPqRsTuV"],
    ["youtube.channel_videos", "https://youtube.com/@CobbleBoots", "@cobbleboots"],
    ["youtube.channel_videos", "https://www.youtube.com/user/Cobble", "user/cobble"],
    ["web.crawl_pages", "HTTPS://WWW.Cobble.Example/Shop/?Size=9#boots", "https://www.cobble.example/Shop?Size=9"],
    ["web.crawl_pages", "cobble.example", "https://cobble.example"],
    ["web.crawl_pages", "http://cobble.example:80/", "http://cobble.example"]
  ]
  it.each(spellings)("of %s spelled %j is %j", (capability, written, normal) => {
    assert.deepStrictEqual(normaliseIdentifier(capability, written), Either.right(normal))
  })

  const malformed: ReadonlyArray<readonly [Capability, string]> = [
    ["instagram.posts", ""],
    ["instagram.posts", "two words"],
    ["instagram.posts", "https://www.tiktok.com/@cobble"],
    ["instagram.posts", "https://instagram.com.evil.example/cobble"],
    ["tiktok.profile_videos", "https://www.tiktok.com/"],
    ["linkedin.company_posts", "https://www.linkedin.com/in/ada"],
    ["linkedin.profile_posts", "a/b"],
    ["youtube.channel_videos", "channel/UCtooShort"],
    ["web.crawl_pages", "ftp://cobble.example"],
    ["web.crawl_pages", "javascript:alert(1)"],
    ["web.crawl_pages", "https://user:secret@cobble.example"],
    ["web.crawl_pages", "localhost"],
    ["web.crawl_pages", `https://cobble.example/${"a".repeat(3000)}`]
  ]
  it.each(malformed)("of %s spelled %j is refused, naming it and what is allowed", (capability, written) => {
    const refused = Either.getOrThrow(Either.flip(normaliseIdentifier(capability, written)))
    assert.strictEqual(refused._tag, "InvalidIdentifier")
    assert.strictEqual(refused.value, written.slice(0, 200))
    assert.include(refused.message, refused.allowed)
  })

  it("normalised twice is normalised once, whatever it was", () => {
    const parts = fc.constantFrom(
      ..."@ / // . : # ? % %41 _ - a B İ ß Ünı 9 UC www. https:// http:// instagram.com/ tiktok.com/@ linkedin.com/company/ linkedin.com/in/ youtube.com/ channel/ c/ user/ @h"
        .split(" "),
      " "
    )
    const written = fc.oneof(
      fc.string(),
      fc.fullUnicodeString(),
      fc.webUrl({ withQueryParameters: true }),
      fc.array(parts).map((each) => each.join(""))
    )
    fc.assert(
      fc.property(fc.constantFrom(...capabilities), written, (capability, text) => {
        const once = normaliseIdentifier(capability, text)
        if (Either.isRight(once)) {
          assert.deepStrictEqual(normaliseIdentifier(capability, once.right), once)
        }
      }),
      { numRuns: 3_000 }
    )
  })
})
