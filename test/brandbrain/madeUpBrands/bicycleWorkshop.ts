import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"

const bundle = [
  post(
    "instagram",
    "Hey folks! 👋 Third puncture this month? It's probably not bad luck, it's your tyre pressure. Pump up once a week and you will fix half as many flats.\n\nTag a friend who rides on marshmallows.\n\n#punctures #tyrepressure #bikelife #spokeandlever",
    312
  ),
  post(
    "instagram",
    "Meet Priya, who trues our wheels. She learned wheel building from her uncle in Leeds and can hear a loose spoke from across the room. 🔧\n\n#wheelbuilding #bikemechanic #meettheteam",
    540
  ),
  post(
    "instagram",
    "Before and after: this steel frame came in under a tarpaulin and two inches of rust. Sanded, primed, and back in its original green.\n\nSwipe for the full restoration ➡️\n\n#restoration #steelisreal #vintagebike #instagood",
    905
  ),
  post(
    "instagram",
    "Hey hey! Spring is coming and so is the queue. Our service slots for March open on Monday. A full service takes two days, a basic one is done while you have lunch. Link in bio to book.\n\n#bikeservice #spoke #leeds",
    188
  ),
  post(
    "tiktok",
    "POV: you cleaned your chain for the first time in a year 😱 #chain #bikecleaning #biketok #fyp",
    2400,
    {
      transcript:
        "So this chain has not seen a brush in a year. Look at that. Degreaser, five minutes, rinse. And now one drop of oil on every link, not the whole bottle. A clean chain lasts twice as long and your cassette will thank you."
    }
  ),
  post("tiktok", "How to patch a puncture in five minutes, no levers needed #punctures #diy #biketok #foryou", 1800, {
    transcript:
      "Hey guys, Tom here. Find the hole, rough it up, glue, wait, patch. The waiting is what everyone skips. That's why your patch comes off."
  }),
  post("tiktok", "Squeaky brakes? Don't spray oil on the rotor. Please. #brakes #discbrakes #biketok #fyp", 3100, {
    transcript:
      "Somebody sprayed oil on their disc brakes to stop the squeak. It did stop the squeak. It also stopped the stopping. New pads, clean rotor, ten minutes."
  }),
  post(
    "youtube",
    "We get asked about chain wear every single day. In this video Tom shows how to measure a chain with a ruler, when to replace it, and why a worn chain costs you a cassette as well.\n\nSubscribe for a new video every Thursday.",
    420,
    { title: "Chain wear: measure it with a ruler" }
  ),
  post(
    "youtube",
    "Priya builds a wheel from scratch: hub, spokes, rim, tension. Wheel building is slow and that is the point. Let us know in the comments what we should build next!",
    660,
    { title: "Wheel building from scratch, start to finish" }
  ),
  post(
    "linkedin",
    "Thrilled to share that Spoke & Lever now services the cargo bikes of eleven local businesses. Cargo bikes carry 150 kilos a day and their brakes need checking every month, not every year. If your team delivers by bike, get in touch.",
    96
  ),
  post(
    "linkedin",
    "Some insights from our first year of fleet servicing: cargo bikes wear out brake pads four times as fast as commuter bikes. We now check the brakes on every visit. Proud of the team, and of Tom, who wrote the checklist.",
    71
  ),
  post(
    "instagram",
    "Cargo bike day! 📦 Six of them in the stand, eleven brake pads changed, one very patient dog.\n\n#cargobike #brakes #bikelife #spokeandlever",
    275
  ),
  post(
    "instagram",
    "Another restoration done: a 1974 tourer that Mr. Okafor bought with his first pay. Same frame, same saddle, new cables. He rode it home. 🥲\n\n#restoration #vintagebike",
    1210
  ),
  page(
    "Spoke & Lever: bicycle workshop in Leeds",
    "Home | Services | About | Contact\nA workshop for bikes that get used. Basic service £45, full service £95, wheel building from £60. Puncture repair while you wait. We use cookies to improve your experience. Sign up to our newsletter. Open Tuesday to Saturday."
  )
]

export const bicycleWorkshop: MadeUpBrand = {
  name: "Spoke & Lever",
  answers: {
    "tier0.what_we_do": "We repair and service bicycles in Leeds.",
    "tier0.who_for": "Commuters and families.",
    "tier0.primary_goal": "Fill the service slots in winter.",
    "tier0.cta_posture": "Ask once."
  },
  bundle,
  topics: [
    "brakes",
    "brake pads",
    "cargo bike",
    "cargo bikes",
    "chain",
    "chain wear",
    "disc brakes",
    "full service",
    "puncture",
    "punctures",
    "restoration",
    "service",
    "vintage bike",
    "wheel building",
    "wheels",
    "tyre pressure"
  ],
  names: ["priya", "tom", "okafor", "leeds", "spoke", "lever"]
}
