/** Items in the form of apify~instagram-scraper. */
const grindGuide = {
  id: "3611842209571120001",
  type: "Sidecar",
  shortCode: "DEqh01",
  url: "https://www.instagram.com/p/DEqh01/",
  timestamp: "2026-06-09T07:31:12.000Z",
  ownerUsername: "quillhavencoffee",
  caption:
    "Why does your pour over taste sour on Monday and bitter on Tuesday? ☕️ Nine times out of ten it's grind size, not the beans.\n\nSwipe for our pour over guide: 15 g coffee, 250 g water, 94 °C, three pours. If it runs through in under 2 minutes, go finer. Over 3:30? Coarser.\n\nSave this for tomorrow morning, and tell us what grinder you're fighting with.\n\n#pourover #homebrewing #grindsize #specialtycoffee",
  hashtags: ["pourover", "homebrewing", "grindsize", "specialtycoffee"],
  likesCount: 612,
  commentsCount: 74,
  displayUrl: "https://cdn.quillhaven.example/ig/grind-guide.jpg"
}

/** A whole newsletter archive pasted into one caption, with its repetitions. */
const pasted = `The long version, for everyone who asked. 🫖\n\n${
  "Notes from the boathouse: what we roasted, what we learned, what we would do again. ".repeat(730)
}`

export const instagramPosts: ReadonlyArray<unknown> = [
  grindGuide,
  {
    id: "3611842209571120002",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh02/?img_index=1#comments",
    timestamp: "2026-06-04T16:02:40.000Z",
    ownerUsername: "quillhavencoffee",
    caption:
      "Meet Rosa Alvarado. She has grown every bag of our Las Nubes single origin since 2019, on 4 hectares above Huila, and this year her washed caturra scored 87.5 points. 🌱\n\nWe buy it directly from Rosa and print what we paid on the label: £6.40 a kilo, open-book, no middlemen.\n\nNew harvest is on the shelf today. Link in bio.\n\n#singleorigin #directtrade #huila #specialtycoffee",
    hashtags: ["SingleOrigin", "DirectTrade", "Huila", "specialtycoffee"],
    likesCount: 941,
    commentsCount: 58,
    displayUrl: "https://cdn.quillhaven.example/ig/rosa.jpg"
  },
  // The same post again, as a scraper gives it when a page of results overlaps the one before.
  { ...grindGuide, likesCount: 615, commentsCount: 75 },
  { error: "not_found", errorDescription: "Post does not exist", url: "https://www.instagram.com/p/DEgone/" },
  {
    id: "3611842209571120003",
    type: "Video",
    url: "https://www.instagram.com/p/DEqh03/",
    timestamp: "2026-05-28T11:45:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption:
      "Tuesday is roast day. We only roast what was ordered by Monday midnight, and every bag leaves the boathouse the same day 🔥📦\n\nThat's it. That's the whole trick.\n\n#roastday #freshlyroasted #behindthescenes",
    hashtags: ["roastday", "freshlyroasted", 2026, null, "behindthescenes"],
    likesCount: "1,204",
    commentsCount: 31,
    videoViewCount: 18_400,
    displayUrl: "not an address",
    videoUrl: "https://cdn.quillhaven.example/ig/roast-day.mp4"
  },
  {
    id: "3611842209571120004",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh04/",
    timestamp: "2026-05-20T08:10:05.000Z",
    ownerUsername: "quillhavencoffee",
    caption: pasted,
    hashtags: [],
    likesCount: 88,
    commentsCount: 9
  },
  {
    id: "3611842209571120005",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh05/",
    timestamp: "yesterday",
    ownerUsername: null,
    caption: null,
    hashtags: "coffee",
    likesCount: -1,
    commentsCount: null
  },
  {
    id: "3611842209571120006",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh06/",
    timestamp: "2026-05-12T09:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption:
      "Saturday cupping at the boathouse, 10 o'clock, free, no experience needed. 🥄 Last month 23 people came and the neighbours' dog stayed for the Kenyan.\n\nFive cups on the table, one question: which would you drink again? Come say hi 💛\n\n#cupping #merrowbay #coffeecommunity",
    hashtags: ["cupping", "merrowbay", "coffeecommunity"],
    likesCount: 377,
    commentsCount: 42,
    displayUrl: "https://cdn.quillhaven.example/ig/cupping.jpg"
  },
  // From here on it is more than the default cap asks for: this actor does not always stop when told to.
  {
    id: "3611842209571120007",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh07/",
    timestamp: "2026-05-02T12:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption:
      "We were wrong about compostable bags. The first ones went stale in nine days. The new refill tin keeps for six weeks, and 412 of you have already brought yours back. ♻️ Tell us where we should put the next refill shelf.\n\n#refill #zerowaste",
    hashtags: ["refill", "zerowaste"],
    likesCount: 803,
    commentsCount: 121
  },
  {
    id: "3611842209571120008",
    type: "Image",
    url: "https://www.instagram.com/p/DEqh08/",
    timestamp: "2026-04-22T07:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "Three ways to save a bitter French press: coarser grind, cooler water, four minutes and not five. ☕️",
    hashtags: [],
    likesCount: 265,
    commentsCount: 18
  }
]
