const channelId = "UCq1LlHaVeNc0ffee_Roast3"

/** Items in the form of streamers~youtube-scraper. */
export const youtube: ReadonlyArray<unknown> = [
  {
    id: "qhPourOver1",
    title: "How to brew pour over at home: one recipe, three grind sizes, side by side",
    text:
      "We brewed the same single origin at three grind sizes and tasted them blind. The recipe is 15 g coffee to 250 g water at 94 °C.\n\n00:00 Why grind size matters\n02:10 The recipe\n05:40 Side by side\n\nSubscribe for a new brewing guide every month. The beans: https://www.quillhaven.example/shop",
    url: "https://www.youtube.com/watch?v=qhPourOver1",
    date: "2026-06-06T15:00:00.000Z",
    channelId,
    hashtags: ["#pourover", "#homebrewing"],
    viewCount: 48_300,
    likes: 2_140,
    commentsCount: 231,
    thumbnailUrl: "https://cdn.quillhaven.example/yt/pour-over.jpg"
  },
  {
    id: "qhLasNubes2",
    title: "Two weeks on Rosa's farm: what a fair coffee price really pays for",
    text:
      "We visited the Alvarado family farm above Huila for the harvest. Rosa takes us through picking, fermentation, drying, and her accounts. What we paid, what it cost her, and what was left.\n\nWatch the full price report in the comments.",
    url: "https://www.youtube.com/watch?v=qhLasNubes2",
    date: "2026-05-23T15:00:00.000Z",
    channelId,
    hashtags: ["#directtrade", "#singleorigin"],
    viewCount: 21_900,
    likes: 1_630,
    commentsCount: 174
  },
  {
    id: "qhRoastDay3",
    title: "Roast day at the boathouse, unedited",
    text: null,
    url: "https://www.youtube.com/watch?v=qhRoastDay3",
    date: "3 weeks ago",
    channelId,
    viewCount: "12 thousand",
    likes: null,
    commentsCount: 40
  },
  {
    id: "qhGrinder4",
    title: "Which hand grinder should you buy? We tried seven so you don't have to",
    text:
      "Seven hand grinders from £35 to £210, one pour over recipe, 63 cups. The truth about burrs, retention, and why grind size settings never match between brands. Tell us which one you use.",
    url: "https://www.youtube.com/watch?v=qhGrinder4",
    date: "2026-04-25T15:00:00.000Z",
    channelId,
    hashtags: ["#grindsize", "#homebrewing"],
    viewCount: 130_400,
    likes: 5_220,
    commentsCount: 688
  },
  { title: "A video that has no id", url: "https://www.youtube.com/watch", viewCount: 3 },
  {
    id: "qhCupping5",
    title: "Learn cupping in ten minutes with what's in your kitchen",
    text:
      "You need a spoon, three cups and a kettle. Ines shows you how we choose a coffee at the Saturday cupping, step by step, and what you should be tasting for.",
    url: "https://www.youtube.com/watch?v=qhCupping5",
    date: "2026-03-28",
    channelId: 404,
    hashtags: ["#cupping"],
    viewCount: 9_800,
    likes: 610,
    commentsCount: 72
  }
]
