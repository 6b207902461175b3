const author = { name: "Quillhaven Coffee", company_url: "https://www.linkedin.com/company/quillhaven-coffee" }

/** Items in the form of apimaestro~linkedin-company-posts. */
export const linkedinCompanyPosts: ReadonlyArray<unknown> = [
  {
    activity_urn: "7336100000000000001",
    full_urn: "urn:li:activity:7336100000000000001",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_open-book-activity-7336100000000000001",
    posted_at: { date: "2026-06-08 08:15:00", timestamp: 1_780_906_500_000 },
    author,
    text:
      "Why do we print the price we paid the farmer on every bag?\n\nBecause a label that says \"fair\" and no number is a feeling, not a fact. In 2025 we bought 11.2 tonnes of green coffee directly from six farms and one cooperative. The average was £6.10 a kilo, 74% above the market on the day of shipping.\n\nThe full open-book report is on our site. Read more, and ask us anything.\n\n#DirectTrade #SpecialtyCoffee #Transparency",
    stats: { total_reactions: 318, like: 244, love: 51, total_comments: 42, reposts: 29 }
  },
  {
    activity_urn: null,
    full_urn: "urn:li:ugcPost:7336100000000000002",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_office-7336100000000000002",
    posted_at: { date: "2026-05-27 09:00:00" },
    author,
    text:
      "One of our office subscribers told us their coffee budget went down 18% after they switched to us. The reason is not the price of our beans: freshly roasted coffee needs less of it per cup.\n\nWe tested it side by side in eleven offices. 55 g per litre of a bag roasted on Tuesday beat 65 g of a bag that had waited for two months.\n\nIf your team drinks more than 3 kilos a month, get in touch and we'll bring a brew along.\n\n#OfficeCoffee #FreshlyRoasted",
    stats: { total_reactions: 142, like: 120, total_comments: "17", reposts: 6 }
  },
  { message: "No more posts", success: false },
  {
    activity_urn: "7336100000000000003",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_refill-7336100000000000003",
    posted_at: { date: "2026-05-13 07:40:00" },
    author,
    text:
      "Our biggest mistake last year cost £9,300: compostable bags that let the coffee go stale.\n\nWhat we learned: a greener bag nobody finishes is not green. So we stopped, refunded every order, and built a refill tin instead. 412 customers have returned one so far, and returns of stale coffee fell by 91%.\n\nHonest numbers, in public, also when they hurt. #ZeroWaste #Refill",
    stats: { total_reactions: 503, like: 371, love: 88, total_comments: 77, reposts: 64 },
    media: { type: "image", items: [{ url: "https://cdn.quillhaven.example/li/refill-tin.jpg" }, { url: 7 }, "?"] }
  },
  {
    activity_urn: "7336100000000000004",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_hiring-7336100000000000004",
    posted_at: { date: "2026-04-30 10:00:00" },
    author: "Quillhaven Coffee",
    text:
      "We're looking for a second roaster in Merrow Bay. You'd learn from Ines, who taught herself on a popcorn machine and now roasts 240 kg a week. No experience needed, curiosity required. Four days, living wage, all the coffee you can responsibly drink. Apply now.",
    stats: null
  },
  {
    activity_urn: "7336100000000000005",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_award-7336100000000000005",
    posted_at: { date: "2026-02-30 10:00:00" },
    author,
    text:
      "Rosa Alvarado's Las Nubes single origin was a finalist at the Northern Roasters' Table, with a cupping score of 87.5 points. The medal belongs on her wall, so that's where we sent it. Thank you to everyone who voted. #SingleOrigin",
    stats: { total_reactions: 267, like: 199, total_comments: 31, reposts: 11 }
  },
  {
    activity_urn: "7336100000000000006",
    post_url: "https://www.linkedin.com/posts/quillhaven-coffee_beyond-the-cap-7336100000000000006",
    posted_at: { date: "2026-03-20 10:00:00" },
    author,
    text: "What a cupping table taught our accountants about margins.",
    stats: { total_reactions: 61, like: 60, total_comments: 4, reposts: 0 }
  }
]

/** Items in the form of apimaestro~linkedin-profile-posts, which differs from the company's in the author only. */
export const linkedinProfilePosts: ReadonlyArray<unknown> = [
  {
    activity_urn: "7337200000000000001",
    post_url: "https://www.linkedin.com/posts/tom-quill_boathouse-activity-7337200000000000001",
    posted_at: { date: "2026-06-02 06:50:00" },
    author: { first_name: "Tom", last_name: "Quill", profile_url: "https://www.linkedin.com/in/tom-quill" },
    text:
      "Six years ago the bank asked why anyone would put a roastery in a boathouse. The honest answer: the rent. The better one came later. People who walk in from the harbour ask better questions than people who click. #SmallBusiness",
    stats: { total_reactions: 188, like: 150, total_comments: 26, reposts: 5 }
  },
  { activity_urn: 12, full_urn: null, text: "An id that is no text names nothing." }
]
