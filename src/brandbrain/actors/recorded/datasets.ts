import { instagramPosts } from "./instagramPosts.ts"
import { instagramReels } from "./instagramReels.ts"
import { linkedinCompanyPosts, linkedinProfilePosts } from "./linkedin.ts"
import { tiktok } from "./tiktok.ts"
import { website } from "./website.ts"
import { youtube } from "./youtube.ts"

/**
 * What each actor is recorded to have found, by actor id: samples of our own making, about a coffee
 * roaster that does not exist.
 *
 * They are odd where real scrapers are odd: fields missing, null or of the wrong type, numbers hidden as
 * -1, the same post twice, a caption of 60 kB, and what went wrong put among the items.
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
