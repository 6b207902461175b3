import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"
export const climbingHall: MadeUpBrand = {
  name: "Overhang Climbing",
  answers: { "tier0.what_we_do": "We run an indoor bouldering hall in Galway." },
  topics: [
    "chalk",
    "shoes",
    "fingers",
    "finger strength",
    "route setting",
    "setting",
    "kids club",
    "kids",
    "footwork",
    "injuries",
    "warm up",
    "grades",
    "beginners",
    "falling",
    "falls",
    "climbing shoes",
    "rental shoes",
    "holds"
  ],
  names: ["nuala", "declan", "galway", "overhang"],
  bundle: [
    post(
      "instagram",
      "Hey climbers! The cave wall has been reset. Nuala and the crew set fourteen problems in two days, from V1 to something that nobody has done yet. Route setting is half maths, half spite. 😈\n\n#routesetting #bouldering #galway #overhang",
      210
    ),
    post(
      "instagram",
      "Why are grades different in every gym? Because setters are people. Our grades go by colour now, so you can stop arguing with the number and argue with the wall.\n\n#grades #bouldering #climbinglife",
      330
    ),
    post(
      "instagram",
      "Your fingers need ten minutes before you pull hard. Easy traverses, then hangs with your feet on. Most of the injuries that Declan treats come from skipping the warm up.\n\n#warmup #fingerstrength #climbinginjuries",
      450
    ),
    post("tiktok", "Stop trusting your arms 🦶 #footwork #bouldering #climbtok #fyp", 3900, {
      transcript:
        "Hi, Nuala here. Watch his feet. He looks at the hold until he's halfway there and then looks away. Keep your eyes on the foot until it's placed. That's footwork. That's the entire lesson."
    }),
    post("tiktok", "How to fall without breaking a wrist #falling #bouldering #climbtok", 5600, {
      transcript:
        "Arms crossed. Feet first, bend your knees, roll back. Don't reach for the floor. Falling is a skill, so practise it from one metre before you need it from four."
    }),
    post(
      "youtube",
      "Do you need your own climbing shoes? In the first month, no. Declan compares rental shoes with three pairs under a hundred euro, and explains why tight shoes don't make you better.",
      800,
      { title: "Your first climbing shoes: an honest guide" }
    ),
    post(
      "youtube",
      "A day with our setters: stripping the wall, washing the holds, and the moment when a route works. Route setting looks like chaos and ends like chess. Like and subscribe!",
      540,
      { title: "Route setting from start to finish" }
    ),
    post(
      "linkedin",
      "We're proud to announce that Overhang's kids club now has ninety members. Kids don't need coaching in courage, they need coaching in taking turns. Thanks to everyone who volunteers.",
      120
    ),
    post(
      "instagram",
      "Kids club on Saturdays: two coaches, ten kids, one rule (no climbing over anybody's head). Spaces from September.\n\n#kidsclimbing #kidsclub #galwaykids",
      190
    ),
    post(
      "instagram",
      "Footwork drill of the week: silent feet. Every time that your shoe makes a sound, go back one hold. It's infuriating and it works.\n\n#footwork #climbingtraining #instaclimb",
      410
    ),
    post(
      "instagram",
      "Shoes off at the café please. We love you, we do not love your climbing shoes. 👃\n\n#climbingshoes #climbinghumour",
      700
    ),
    post(
      "instagram",
      "Finger strength comes slowly. Two hangboard sessions a week, not five. Declan has seen what happens after five, and so have his physio bills.\n\n#fingerstrength #hangboard",
      360
    ),
    page(
      "Overhang Climbing Galway",
      "Visit Prices Classes Shop Contact\nBouldering for everybody. Day pass €14, rental shoes €4, kids club €120 a term. New routes every fortnight. Beginners get an introduction that covers falling and footwork."
    )
  ]
}
