import { instagramPosts } from "./instagramPosts.ts"
import { instagramReels } from "./instagramReels.ts"
import { linkedinCompanyPosts, linkedinProfilePosts } from "./linkedin.ts"
import { tiktok } from "./tiktok.ts"
import { website } from "./website.ts"
import { youtube } from "./youtube.ts"

/**
 * The recorded items of each actor, by actor id. They are made up, about a coffee roaster that does not exist.
 *
 * They are odd in the ways real scrapers are: fields that are missing, null or of the wrong type, numbers hidden as -1,
 * the same post twice, a caption of 60 kB, and errors among the items.
 */
export const datasets: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  "apify~instagram-scraper": instagramPosts,
  "apify~instagram-reel-scraper": instagramReels,
  "apimaestro~linkedin-company-posts": linkedinCompanyPosts,
  "apimaestro~linkedin-profile-posts": linkedinProfilePosts,
  "clockworks~tiktok-scraper": tiktok,
  "streamers~youtube-scraper": youtube,
  "apify~website-content-crawler": website
}
