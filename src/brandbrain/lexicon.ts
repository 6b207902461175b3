/** Phrases that ask the reader to do something, as they read in lower case. */
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

/** How an opening line tries to be read on. A line may do so in several ways. */
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
  ["says what is new", /^(?:new|just landed|just in|it's here|back in stock|introducing|now pouring)\b/],
  [
    "tells a story",
    /\b(?:years ago|last (?:week|month|year|spring|summer|autumn|winter)|when we (?:started|opened|first)|it started)\b/
  ],
  ["warns", /^(?:stop|don't|do not|never|please don't)\b/],
  ["what nobody tells you", /\b(?:nobody (?:tells|talks)|no one (?:tells|talks)|the truth about|myth|secret)\b/],
  ["why", /^(?:here's |this is )?why\b/]
]

/** What a voice sounds like, by what gives it away. The share of items that match decides. */
export const tones: ReadonlyArray<readonly [tag: string, pattern: RegExp, atLeast: number]> = [
  ["candid", /\b(?:honest(?:ly)?|mistakes?|wrong|confession|truth|admit|messed up|failed)\b/, 0.12],
  ["conversational", /\b(?:you|your|you're|yours)\b/, 0.4],
  ["curious", /\?/, 0.3],
  ["educational", /\b(?:how to|guide|recipe|steps?|tips?|learn|why|explained?|because|ratio)\b/, 0.25],
  ["energetic", /!/, 0.35],
  ["exact", /\d+(?:[.,]\d+)? ?(?:g|kg|ml|°c|%|°|seconds|minutes|hours|metres|masl|points)(?![\p{L}])/u, 0.25],
  ["playful", /\p{Emoji_Presentation}/u, 0.4],
  [
    "story-led",
    /\b(?:story|years ago|when we|last (?:week|month|year|spring|summer|autumn|winter)|it started|remember)\b/,
    0.2
  ],
  ["warm", /\b(?:thank(?:s| you)|love|friends?|neighbours?|welcome|together|community|family|proud)\b/, 0.3]
]

/** What a brand offers as proof, by how it is worded. */
export const proofs: ReadonlyArray<readonly [type: string, pattern: RegExp]> = [
  ["award or score", /\b(?:award|medal|winner|shortlisted|finalist|cupping score|scored?|points|certified)\b/],
  [
    "behind the scenes",
    /\b(?:behind the scenes|in the roastery|production|day in the life|how we (?:roast|make|pack|choose|buy|source)|test batch|our roaster)\b/
  ],
  [
    "customer's words",
    /\b(?:review|told us|customers? (?:say|said|told|ask|asked)|wrote to us|testimonial|subscribers? (?:say|said|told|ask|asked))\b/
  ],
  ["demonstration", /\b(?:how to|recipe|step (?:one|1)|guide|side by side|we tested|we tried|tutorial|brew along)\b/],
  ["numbers", /(?:[£$€] ?\d|\b\d+(?:[.,]\d+)? ?(?:%|per cent|percent|kg|tonnes|kilos|people|households|farms|cups))/],
  ["people behind the product", /\b(?:farmers?|producers?|growers?|co-?op(?:erative)?|family farm|grown by)\b/],
  ["press", /\b(?:featured in|as seen in|interview(?:ed)?|podcast|newspaper|magazine)\b/]
]

/** What sentences that set a brand apart are made of; the more of these, the plainer the claim. */
export const claims: ReadonlyArray<RegExp> = [
  /\b(?:the only|we only|only we)\b/,
  /\b(?:unlike|instead of)\b/,
  /\bwe(?:'ve)? never\b/,
  /\bwe .*\bevery (?:bag|batch|order|lot|item|piece|pair|project|customer|client)\b|^every (?:bag|batch|order|lot|item|piece|pair)\b/,
  /\bdirectly (?:from|to|with)\b/,
  /\b(?:same day|within \d+ (?:hours|days)|guaranteed?)\b/,
  /\b(?:open[- ]book|no middlem[ae]n|no hidden|what we paid)\b/
]

/** Hashtags that name a format, or ask a feed for more viewers: they say nothing of what a post is about. */
export const formatTags: ReadonlySet<string> = new Set(
  `behindthescenes bts dayinthelife explore explorepage follow fyp foryou foryoupage igdaily instadaily instagood
   instareels photooftheday picoftheday pov reel reels reelsinstagram short shorts tiktok trending viral vlog
   youtube youtubeshorts`.split(/\s+/)
)

/** Words that carry no subject. */
export const stopwords: ReadonlySet<string> = new Set(
  `a about above according across after again all also always am an and another any anyone are around as ask asked at away back be because
   been before being below best better between big bio both but by call came can check click come comes cookie cookies
   could day days did didn do does doesn doing don done down each even ever every everyone everything few find first
   five follow for four friday from full get gets getting give go goes going good got great had half happy has have
   haven having he hello help her here hers him his home hour hours how http https i if in instead into is isn it its
   join just keep keeps kind know last latest learn leave less let life like line link little ll long look lot lots
   made make makes making many mistake mistakes matter may maybe me meet mean means might minute minutes month months more most much
   must my near need needed never new next nice night no nobody not nothing now of off often ok old on once one ones only
   open or order other our out over own paid part people per place please post put quite re read ready real really right
   said same saturday save say says second seconds see seen send set seven she should show since six small so some
   someone something soon start started still stop such sunday sure take takes taste tell than thank thanks that the
   their them then there these they thing things think this those three through time times to today together told
   tomorrow too took tried try turn two under until up us use used using ve very visit want was watch way ways we week
   weekend weeks well went were what when where which while who whole why will with without won word work works world
   would www year years yes yet you your yours`.split(/\s+/)
)
