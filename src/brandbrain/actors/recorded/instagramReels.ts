/** Items in the form of apify~instagram-reel-scraper. */
export const instagramReels: ReadonlyArray<unknown> = [
  {
    id: "3613001100220010001",
    url: "https://www.instagram.com/reel/DFrl01/",
    timestamp: "2026-06-11T17:20:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "Stop rinsing your filter with cold water 💧 #pourover #homebrewing",
    transcript:
      "Stop rinsing your filter with cold water. A cold brewer takes four degrees off your first pour, and the first pour is where the sweetness is. Boil the kettle, rinse, throw that water away, then add your fifteen grams. Same beans, same grind size, and a different cup. Try it and tell us if you can taste it.",
    hashtags: ["pourover", "homebrewing"],
    likesCount: 2_310,
    commentsCount: 187,
    videoViewCount: 64_200,
    videoUrl: "https://cdn.quillhaven.example/reels/rinse.mp4"
  },
  {
    id: "3613001100220010002",
    url: "https://www.instagram.com/reel/DFrl02/",
    timestamp: "2026-06-05T18:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "POV: it's 5 a.m. on roast day and Ines has opinions about first crack 🔥",
    transcript:
      "Good morning from the boathouse. This is Ines, our roaster, and this is batch one of eleven. Listen. That's first crack. She never leaves the drum for longer than eight seconds from here. We write down every batch, also the ones we throw away. Last week we failed two of them.",
    hashtags: ["roastday", "behindthescenes", "firstcrack"],
    likesCount: 1_480,
    commentsCount: 96,
    videoViewCount: 38_900
  },
  {
    "#error": true,
    "#debug": { requestId: "Qf8", statusCodes: [404, 404, 404] },
    url: "https://www.instagram.com/reel/x/"
  },
  {
    id: "3613001100220010003",
    url: "https://www.instagram.com/reel/DFrl03/",
    timestamp: "2026-05-30T17:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "What Rosa did with the money from last year's harvest 🌱 #directtrade #singleorigin #huila",
    transcript:
      "Last year you bought nine hundred kilos of Rosa's coffee. We paid six pounds forty a kilo, directly to her family farm. She built this drying bed, and it is why the new harvest tastes cleaner. Every bag says what the farmer got. We think you should know that.",
    hashtags: ["directtrade", "singleorigin", "huila"],
    likesCount: 3_050,
    commentsCount: 212,
    videoViewCount: 91_000
  },
  {
    id: "3613001100220010004",
    url: "https://www.instagram.com/reel/DFrl04/",
    timestamp: "2026-05-18T17:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "How to choose a grind size without a chart. Save this one! 📌 #grindsize #homebrewing",
    transcript: null,
    hashtags: ["grindsize", "homebrewing"],
    likesCount: 1_120,
    commentsCount: 64,
    videoViewCount: 29_700
  },
  {
    id: "3613001100220010005",
    url: null,
    timestamp: 1_746_000_000,
    ownerUsername: "quillhavencoffee",
    caption: "Refill shelf, day one. Bring your tin back and the next bag is a pound cheaper 💛 #refill #zerowaste",
    transcript: { text: "not where it should be" },
    hashtags: null,
    likesCount: 540,
    commentsCount: 33,
    videoViewCount: null
  },
  {
    id: "3613001100220010006",
    url: "https://www.instagram.com/reel/DFrl06/",
    timestamp: "2026-04-28T17:00:00.000Z",
    ownerUsername: "quillhavencoffee",
    caption: "Saturday cupping in 20 seconds. Come by! 🥄 #cupping #merrowbay",
    transcript: "Smell it first. Break the crust. Slurp, loudly. That's a cupping. See you on Saturday.",
    hashtags: ["cupping", "merrowbay"],
    likesCount: 410,
    commentsCount: 28,
    videoViewCount: 12_300
  }
]
