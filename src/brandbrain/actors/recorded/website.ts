/** Items in the form of apify~website-content-crawler. */
export const website: ReadonlyArray<unknown> = [
  {
    url: "https://www.quillhaven.example/",
    crawl: { httpStatusCode: 200, depth: 0 },
    metadata: {
      canonicalUrl: "https://www.quillhaven.example/",
      title: "Quillhaven Coffee: roasted on Tuesday, at your door on Thursday",
      description: "Small-batch specialty coffee for people who brew at home, roasted to order in Merrow Bay.",
      jsonLd: [{ "@context": "https://schema.org", "@type": "Organization", name: "Quillhaven Coffee" }]
    },
    text:
      "Coffee for people who brew at home.\nWe only roast to order, on Tuesdays, in a boathouse in Merrow Bay. Every bag leaves the same day and says who grew it, when we roasted it, and what we paid.\nUnlike the big subscriptions, we never sell a coffee that is older than seven days.\nNot sure where to begin? Start your subscription with the tasting box: three single origin coffees, a brewing card for each, and our guide to grind size.\n\"The first subscription I have not cancelled.\" A review by Hanne, subscriber since 2022.\nFree delivery on two bags or more. Pause whenever you like."
  },
  {
    url: "https://www.quillhaven.example/our-farms?ref=menu",
    metadata: {
      canonicalUrl: "https://www.quillhaven.example/our-farms",
      title: "The farms",
      description: "Six farms and one cooperative, and what we paid each of them.",
      jsonLd: {
        "@context": "https://schema.org",
        "@graph": [
          { "@type": ["WebPage", "AboutPage"], name: "The farms" },
          { "@type": "Article", datePublished: "2026-01-15T09:00:00+01:00" }
        ]
      }
    },
    text:
      "Six farms and one cooperative.\nWe buy directly from the people who grow our coffee, for at least three years at a time. Rosa Alvarado in Huila, the Kirimu cooperative in Kenya, the Maro family in Sidama. Each page shows the farm, the harvest, the cupping score, and the open-book price.\nIn 2025 the average was £6.10 a kilo. We never blended a single origin to fill a gap: when Rosa's harvest is gone, it is gone.\nProducers set the price. We say yes or no, and we say why."
  },
  {
    url: "https://www.quillhaven.example/shop",
    metadata: {
      canonicalUrl: null,
      title: "Shop",
      description: null,
      jsonLd: [{ "@graph": [{ "@type": "CollectionPage" }] }]
    },
    text: "Las Nubes. Kirimu AA. Maro natural. House espresso. Decaf. Tasting box. Refill tin. Add to cart."
  },
  {
    url: "https://www.quillhaven.example/guides/pour-over",
    metadata: {
      canonicalUrl: "https://www.quillhaven.example/guides/pour-over",
      title: "Pour over guide",
      jsonLd: "["
    },
    text: "The pour over guide. 15 g, 250 g, 94 °C. Grind size first, everything else after."
  }
]
