/** Phrases that ask the reader to do something, in lower case. */
export const callsToAction: ReadonlyArray<string> = [
  "add to cart",
  "apply now",
  "book a",
  "book your",
  "buy now",
  "check out",
  "come by",
  "come say hi",
  "comment below",
  "dm us",
  "download",
  "find us",
  "follow for",
  "get in touch",
  "get yours",
  "join us",
  "learn more",
  "let us know",
  "link in bio",
  "order by",
  "order now",
  "pre-order",
  "read more",
  "register",
  "reserve your",
  "save this",
  "send this",
  "share this",
  "shop now",
  "sign up",
  "start your subscription",
  "subscribe",
  "tag a",
  "tap the link",
  "tell us",
  "visit us",
  "watch the full"
]

/** Ways in which an opening line makes a reader go on. A line may use several. */
export const hooks: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["asks a question", /\?/],
  [
    "confesses a mistake",
    /\b(?:we (?:got|were) (?:it|this|that)? ?wrong|our (?:worst|biggest) mistake|we messed up|confession)\b/
  ],
  [
    "counts what follows",
    /^(?:the )?(?:\d+|two|three|four|five|six|seven) (?:\p{L}+ )?(?:ways|things|reasons|mistakes|steps|tips|rules|minutes|questions|days)\b/u
  ],
  ["did you know", /\bdid you know\b/],
  ["how to", /\bhow (?:to|we|i|do|does)\b/],
  ["introduces someone", /^(?:meet|say hello to|this is) /],
  ["point of view", /^pov\b/],
  ["says what is new", /^(?:new|just landed|just in|it's here|back in stock|introducing)\b/],
  [
    "tells a story",
    /\b(?:years ago|last (?:week|month|year|spring|summer|autumn|winter)|when we (?:started|opened|first)|it started)\b/
  ],
  ["warns", /^(?:stop|don't|do not|never|please don't)\b/],
  ["what nobody tells you", /\b(?:nobody (?:tells|talks)|no one (?:tells|talks)|the truth about|myth|secret)\b/],
  ["why", /^(?:here's |this is )?why\b/]
]

/** Tones of voice, with the words that show each and the share of items that must match. */
export const tones: ReadonlyArray<readonly [tag: string, pattern: RegExp, atLeast: number]> = [
  ["candid", /\b(?:honest(?:ly)?|mistakes?|wrong|confession|truth|admit|messed up|failed)\b/, 0.12],
  ["conversational", /\b(?:you|your|you're|yours)\b/, 0.4],
  ["curious", /\?/, 0.3],
  ["educational", /\b(?:how to|guide|steps?|tips?|learn|why|explained?|because)\b/, 0.25],
  ["energetic", /!/, 0.35],
  ["exact", /\d+(?:[.,]\d+)? ?(?:g|kg|ml|cm|mm|°c|%|°|seconds|minutes|hours|metres|kilos|litres)(?![\p{L}])/u, 0.25],
  ["playful", /\p{Emoji_Presentation}/u, 0.4],
  [
    "story-led",
    /\b(?:story|years ago|when we|last (?:week|month|year|spring|summer|autumn|winter)|it started|remember)\b/,
    0.2
  ],
  ["warm", /\b(?:thank(?:s| you)|love|friends?|neighbours?|welcome|together|community|family|proud)\b/, 0.3]
]

/** Kinds of proof that a brand offers, with the words that show each. */
export const proofs: ReadonlyArray<readonly [type: string, pattern: RegExp]> = [
  ["award or score", /\b(?:awards?|medals?|winners?|shortlisted|finalists?|scored?|certified|accredited)\b/],
  [
    "behind the scenes",
    /\b(?:behind the scenes|production|day in the life|how we (?:make|pack|choose|buy|source|build|test|train|work)|first attempt|(?:in|of) (?:the|our) (?:workshop|studio|office|warehouse))\b/
  ],
  [
    "customer's words",
    /\b(?:review|told us|(?:customer|client|subscriber|member|guest)s? (?:say|said|told|ask|asked)|wrote to us|testimonial)\b/
  ],
  [
    "demonstration",
    /\b(?:how to|step (?:one|1)|step by step|guide|side by side|we tested|we tried|tutorial|shows? (?:you )?how)\b/
  ],
  [
    "numbers",
    /(?:[£$€] ?\d|\d ?€|\b\d+(?:[.,]\d+)? ?(?:%|per cent|percent|kg|tonnes|kilos|people|households|customers|clients|members|families))/
  ],
  [
    "people behind the product",
    /\b(?:meet (?:our|the)|suppliers?|producers?|makers?|apprentices?|co-?op(?:erative)?|family[- ](?:run|owned|business)|(?:made|grown|built|taught) by)\b/
  ],
  ["press", /\b(?:featured in|as seen in|interview(?:ed)?|podcast|newspaper|magazine)\b/]
]

/** Wordings that set a brand apart. The more of them a sentence has, the clearer its claim. */
export const claims: ReadonlyArray<RegExp> = [
  /\b(?:the only|we only|only we)\b/,
  /\b(?:unlike|instead of)\b/,
  /\bwe(?:'ve)? never\b/,
  /\bevery (?!(?:day|week|month|year|time|morning|evening|night|one|single)\b)\p{L}+ (?:we|is|gets|comes|leaves|goes|has)\b/u,
  /\bdirectly (?:from|to|with)\b/,
  /\b(?:same day|within \d+ (?:hours|days)|guaranteed?)\b/,
  /\b(?:open[- ]book|no middlem[ae]n|no hidden|what we paid)\b/
]
