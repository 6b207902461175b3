const authorMeta = { name: "quillhavencoffee", nickName: "Quillhaven Coffee", verified: false }

/** Items in the form of clockworks~tiktok-scraper. */
export const tiktok: ReadonlyArray<unknown> = [
  {
    id: "7510000000000000001",
    text: "Did you know your kettle is the reason your pour over tastes flat? 💧 #pourover #homebrewing #coffeetok",
    createTimeISO: "2026-06-10T16:00:00.000Z",
    authorMeta,
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000001",
    hashtags: [{ name: "pourover" }, { name: "homebrewing" }, { name: "coffeetok" }],
    playCount: 241_000,
    diggCount: 18_900,
    commentCount: 412,
    shareCount: 1_250,
    collectCount: 4_400,
    videoMeta: { coverUrl: "https://cdn.quillhaven.example/tt/kettle.jpg", duration: 31 }
  },
  {
    id: "7510000000000000002",
    text:
      "3 mistakes everyone makes with grind size (we made them all) 😅 Tell us yours #grindsize #homebrewing #coffeetok",
    createTimeISO: "2026-06-03T16:00:00.000Z",
    authorMeta,
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000002",
    hashtags: [{ name: "grindsize" }, { name: "homebrewing" }, { name: "" }, "coffeetok", { title: "no name" }],
    playCount: 96_400,
    diggCount: 7_020,
    commentCount: 655,
    shareCount: 480,
    collectCount: 2_110
  },
  {
    id: "7510000000000000003",
    text: "Roast day, from the drum's point of view 🔥📦 every bag out the same day #roastday #behindthescenes",
    createTimeISO: "2026-05-26T16:00:00.000Z",
    authorMeta: { nickName: "no name here" },
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000003",
    hashtags: [{ name: "roastday" }, { name: "behindthescenes" }],
    playCount: 33_000,
    diggCount: 2_540,
    commentCount: 88,
    shareCount: 120,
    collectCount: null
  },
  { errorCode: "POST_NOT_FOUND", error: "Post not found or private", url: "https://www.tiktok.com/@quillhavencoffee" },
  {
    id: "7510000000000000004",
    text: "",
    createTimeISO: "2026-05-19T16:00:00.000Z",
    authorMeta,
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000004",
    hashtags: [],
    playCount: 4_100,
    diggCount: 160,
    commentCount: 3,
    shareCount: 1,
    collectCount: 2
  },
  {
    id: "7510000000000000005",
    text:
      "A subscriber wrote to us: \"I didn't know coffee could taste like peaches.\" 🍑 That's Rosa's Las Nubes single origin. #singleorigin #directtrade",
    createTimeISO: "2026-05-08T16:00:00.000Z",
    authorMeta,
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000005",
    hashtags: [{ name: "singleorigin" }, { name: "directtrade" }],
    playCount: 51_200,
    diggCount: 4_310,
    commentCount: 140,
    shareCount: 260,
    collectCount: 830
  },
  {
    id: "7510000000000000006",
    text: "Refill tin vs bag, six weeks later #refill #zerowaste",
    createTimeISO: "2026-04-30T16:00:00.000Z",
    authorMeta,
    webVideoUrl: "https://www.tiktok.com/@quillhavencoffee/video/7510000000000000006",
    hashtags: [{ name: "refill" }, { name: "zerowaste" }],
    playCount: 18_000,
    diggCount: 990,
    commentCount: 51,
    shareCount: 44,
    collectCount: 160
  }
]
